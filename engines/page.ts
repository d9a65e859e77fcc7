// The page docs/engines.md: each engine's configuration as it is started with, drawn from the adapters.

import { formatDuration } from "../lab/duration.ts";
import type { Role } from "../lab/role.ts";
import { type Engine, type Launch, type Place, rolesOf } from "./engine.ts";
import { type AnyPlay, launcherOf, type Part, playOf } from "./play.ts";
import { WITH } from "./remedy.ts";
import { SOURCE_FOLDER } from "./workerd/gateway_play.ts";
import { GATEWAY_ENTRY } from "./workerd/gateway_sources.ts";

/** The values that stand in the examples, for each role that engines play. */
export const EXAMPLES: readonly Part[] = [
  {
    role: "caching-proxy",
    settings: {
      originUrl: new URL("http://127.0.0.1:8000"),
      lockWaitTimeoutMs: 60_000,
      lockAgeTimeoutMs: 60_000,
      maxWaiting: 0,
    },
  },
  {
    role: "object-store",
    settings: {
      credentials: { accessKeyId: "ACCESS-KEY", secretAccessKey: "SECRET-KEY" },
      region: "us-east-1",
    },
  },
  {
    role: "websocket-server",
    settings: { heartbeatTimeoutMs: 60_000, cleanupIntervalMs: 60_000, hibernateAfterMs: 30_000 },
  },
  {
    role: "s3-gateway",
    settings: {
      backend: {
        url: new URL("http://127.0.0.1:9000"),
        bucket: "backend-bucket",
        region: "us-east-1",
      },
      sts: {
        url: new URL("http://127.0.0.1:8789"),
        roleArn: "arn:aws:iam::123456789012:role/ROLE",
        subject: "SUBJECT",
        audience: "AUDIENCE",
      },
      bucket: "bucket",
      credentials: { accessKeyId: "ACCESS-KEY", secretAccessKey: "SECRET-KEY" },
      region: "us-east-1",
      backendTimeoutMs: 60_000,
      stsTimeoutMs: 60_000,
      repaired: [],
    },
  },
];

/** Files that are kept in this repository, by their names, with where the page finds them. */
const KEPT: Readonly<Record<string, string>> = {
  "echo.ts": "../servers/ws_echo/worker/echo.ts",
};

/** A folder of files that are kept in this repository below the same paths. */
const KEPT_FOLDER = `${SOURCE_FOLDER}/`;

const place = (program: string): Place => ({
  program,
  folder: "/tmp/run",
  port: 6148,
  asRoot: false,
});

const INTRO = `# The engines

Real products that \`edge-repro\` starts on loopback, each in a temporary folder of the run's own, in
the foreground, on an ephemeral port, stopped and removed with the run. \`edge-repro engines\` lists
those that are here. This page is drawn from the adapters in \`engines/\` by \`deno task engine-docs\`.

\`\`\`sh
deno task engines                                         # what is installed here
deno task probe cache-lock --target engine:nginx          # start one, probe it, stop it
deno task matrix --repeat 3                               # every case against all of them
deno task start serve slow-origin engine:nginx            # one to use from a browser or curl
deno task start serve ws-echo=engine:workerd              # where it can be several things: as which
\`\`\`

The configurations below are for an ordinary user; those of caching proxies for an origin at port 8000
and lock timeouts of 60 s, those of object stores for a key that stands for the run's own, those of
WebSocket servers for clients that are closed after 60 s without a heartbeat, those of S3 gateways for
a store at port 9000 and a token service at port 8789, each of which is waited for 60 s.
Durations built into a product bound the pace: every threshold and delay of a run is at least twice the
longest of those that it has to do with, and the result records the pace of each run.
`;

/** The page's text. */
export function enginesPage(engines: readonly Engine[]): string {
  return [INTRO, ...engines.map(section)].join("\n");
}

function section(engine: Engine): string {
  const { title, name, variable, install } = engine;
  const lines = [
    `## ${title}`,
    "",
    `\`engine:${name}\`. Installed with \`${install}\`; \`${variable}\` names a program elsewhere.`,
    "",
  ];
  return [...lines, ...rolesOf(engine).flatMap((role) => roleLines(engine, role))].join("\n");
}

function roleLines(engine: Engine, role: Role): string[] {
  const play = playOf(engine, role);
  const part = EXAMPLES.find((one) => one.role === role);
  const launch = part && launcherOf(engine, part);
  if (play === undefined || launch === undefined) return [];
  const facts = [
    `Plays \`${role}\`.`,
    ...play.constants.map(({ ms, what }) => `Built in: ${formatDuration(ms)}, ${what}.`),
    ...(play.applies.length > 0 ? [`Takes over: ${play.applies.map(spoken).join(", ")}.`] : []),
    ...Object.entries(play.lacks).map(([what, why]) => `Has no \`${what}\`: ${why}.`),
  ];
  const asked = place(engine.build ? engine.program.replace(/-[\da-f]{8}$/, "") : engine.program);
  return [
    ...facts.map((fact) => `- ${fact}`),
    "",
    ...launchLines(launch(asked), asked),
    ...remedyLines(engine, play),
  ];
}

function remedyLines(engine: Engine, { remedies = [] }: AnyPlay): string[] {
  if (remedies.length === 0) return [];
  return [
    "Ways around what cases find, each a name to be added:",
    "",
    ...remedies.map(({ name, what, cases }) =>
      `- \`engine:${engine.name}${WITH}${name}\`: ${what}. For ${
        cases.map((one) => `\`${one.split("/")[1]}\``).join(", ")
      }.`
    ),
    "",
  ];
}

const spoken = (setting: string) =>
  setting.replace(/Ms$/, "").replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

function launchLines(launch: Launch, at: Place): string[] {
  const { args, reasons = [], files = {}, folders = [], env = {} } = launch;
  const variables = Object.entries(env).map(([key, value]) => `${key}=${value} `).join("");
  return [
    "```sh",
    ...(folders.length > 0 ? [`mkdir -p ${folders.join(" ")}`] : []),
    ...wrapped(`${variables}${at.program}`, args),
    "```",
    "",
    ...reasons.map(([argument, why]) => `- \`${argument}\`: ${why}`),
    "",
    ...Object.entries(files).filter(([file]) => !file.startsWith(KEPT_FOLDER))
      .flatMap(([file, text]) => fileLines(file, text)),
    ...(Object.keys(files).some((file) => file.startsWith(KEPT_FOLDER)) ? sourceLines() : []),
  ];
}

function fileLines(file: string, text: string): string[] {
  const kept = KEPT[file];
  if (kept !== undefined) return [`\`${file}\`: [as it is kept here](${kept}).`, ""];
  return [`\`${file}\`:`, "", "```text", text.trimEnd(), "```", ""];
}

function sourceLines(): string[] {
  const kept = `[${GATEWAY_ENTRY.replace(/^.*\//, "")}](../${GATEWAY_ENTRY})`;
  return [`\`${KEPT_FOLDER}\`: ${kept} and all that it imports, as they are kept here.`, ""];
}

/** A command, its arguments broken into lines that the page can show. */
function wrapped(program: string, args: readonly string[]): string[] {
  const lines = [program];
  for (const arg of args.map((one) => /[\s"'$\\;]/.test(one) ? `'${one}'` : one)) {
    const last = lines.at(-1) ?? "";
    if (last.length + arg.length > 90) lines.push(`    ${arg}`);
    else lines[lines.length - 1] = `${last} ${arg}`;
  }
  return lines.map((line, at) => at < lines.length - 1 ? `${line} \\` : line);
}
