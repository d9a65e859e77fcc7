// `serve`: embedded servers on their usual ports, wired together, until they are told to stop.

import { type Clock, pacedClock, realClock } from "../lab/clock.ts";
import { messageOf, UsageError } from "../lab/errors.ts";
import { listen, ListenError, type Listening } from "../servers/listen.ts";
import { STATS_PATH } from "../servers/server.ts";
import type { Command } from "./command.ts";
import type { Flag } from "./flags.ts";
import type { Io } from "./io.ts";
import { missingPermission } from "./permission.ts";
import { SPEEDS } from "./run_flags.ts";
import {
  bareFlags,
  plansOf,
  prefixedFlags,
  selectServers,
  type ServerPlan,
} from "./serve_flags.ts";
import { rows } from "./table.ts";
import { numberOf } from "./values.ts";

const OWN_FLAGS: readonly Flag[] = [
  {
    name: "host",
    kind: "string",
    placeholder: "ADDRESS",
    description: "the address to listen on",
    default: "127.0.0.1",
  },
  {
    name: "speed",
    kind: "string",
    placeholder: "N",
    description: "how many times faster than said the servers' time runs",
    default: "1",
  },
  { name: "quiet", kind: "boolean", description: "nothing on standard error but errors" },
];

/** The command `serve`. */
export const serve: Command = {
  positionals: { name: "SERVER", usage: "[SERVER...]", min: 0, max: Infinity },
  examples: [
    "serve slow-origin --port 8000 --delay 5",
    "serve slow-origin caching-proxy --caching-proxy-variant fix",
  ],
  notes: [
    "None named starts all. With one server its flags are bare (--port), with several they carry its " +
    "name (--slow-origin-port). Started together the servers are wired together.",
  ],
  async flags(catalog) {
    const servers = await catalog.servers();
    const flags = [...OWN_FLAGS, ...bareFlags(servers), ...prefixedFlags(servers)];
    const names = flags.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new TypeError(`Two flags of serve are named --${twice}`);
    return flags;
  },
  async run(args, { catalog, io, interrupt }) {
    const servers = await catalog.servers();
    const plans = plansOf(args, selectServers(servers, args.positionals), servers);
    const speed = numberOf(args, "speed", { ...SPEEDS, whole: false, otherwise: 1 });
    const hostname = args.value("host") ?? "127.0.0.1";
    const clock = speed === 1 ? realClock : pacedClock(speed);

    await using scope = new AsyncDisposableStack();
    const urls = await start(plans, { hostname, clock, io, scope, signal: interrupt.signal });
    if (interrupt.signal.aborted) return 0;
    const lines = [...urls].flatMap(([name, url]): [string, string][] => [
      [name, url],
      ["", `figures: ${url}${STATS_PATH}`],
    ]);
    io.out(rows(lines, io.width).join("\n") + "\n");
    const quiet = args.has("quiet");
    if (!quiet && !/^(127\.|::1$|localhost$)/.test(hostname)) {
      io.err(`warning: ${hostname} may be reached from other machines\n`);
    }
    if (!quiet) io.err("Ctrl-C stops\n");
    await aborted(interrupt.signal);
    if (!quiet) io.err("stopping\n");
    return 0;
  },
};

interface StartOptions {
  hostname: string;
  clock: Clock;
  io: Io;
  /** Takes what was started, also when a later server cannot be. */
  scope: AsyncDisposableStack;
  signal: AbortSignal;
}

/** Starts the servers, those first that others are wired to. Gives the URL of each by its name. */
async function start(
  plans: readonly ServerPlan[],
  options: StartOptions,
): Promise<ReadonlyMap<string, string>> {
  const urls = new Map<string, string>();
  for (const plan of inWiringOrder(plans)) {
    if (options.signal.aborted) break;
    urls.set(plan.definition.name, (await startOne(plan, urls, options)).url);
  }
  return urls;
}

async function startOne(
  { definition, port, portFlag, given }: ServerPlan,
  urls: ReadonlyMap<string, string>,
  { hostname, clock, io, scope }: StartOptions,
): Promise<Listening> {
  const wired = Object.entries(definition.wiring).flatMap(([param, { server, unless = [] }]) => {
    const url = urls.get(server);
    return url === undefined || unless.some((other) => other in given)
      ? []
      : [[param, url] as const];
  });
  const params = { ...definition.params.parse({}), ...Object.fromEntries(wired), ...given };
  const server = definition.create(params, { clock });
  scope.defer(() => server.close());
  const { connectionControl, name } = definition;
  const onError = (error: unknown) => io.err(`${name}: a handler failed: ${messageOf(error)}\n`);
  try {
    return scope.use(await listen(server, { hostname, port, connectionControl, onError }));
  } catch (error) {
    if (!(error instanceof ListenError) || missingPermission(error) !== undefined) throw error;
    throw new UsageError(`${name}: ${error.message}; --${portFlag} PORT changes the port`);
  }
}

/** Sorts servers so that each comes after those whose URL it takes. */
function inWiringOrder(plans: readonly ServerPlan[]): ServerPlan[] {
  const sorted: ServerPlan[] = [];
  let left = [...plans];
  while (left.length > 0) {
    const names = new Set(left.map(({ definition }) => definition.name));
    const isReady = ({ definition }: ServerPlan) =>
      Object.values(definition.wiring).every(({ server }) => !names.has(server));
    const ready = left.filter(isReady);
    if (ready.length === 0) throw new TypeError("The wiring of the servers runs in a circle");
    sorted.push(...ready);
    left = left.filter((plan) => !ready.includes(plan));
  }
  return sorted;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
