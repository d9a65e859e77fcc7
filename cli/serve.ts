// `serve`: embedded servers on their usual ports, wired together, until they are told to stop.

import { type Clock, pacedClock, realClock } from "../lab/clock.ts";
import { messageOf, UsageError } from "../lab/errors.ts";
import { whyMissing } from "../engines/find.ts";
import { launcherOf, playOf } from "../engines/play.ts";
import { startEngine } from "../engines/start.ts";
import { paceParams, type Params } from "../lab/params.ts";
import { listen, ListenError } from "../servers/listen.ts";
import { STATS_PATH, type TerminalAction } from "../servers/server.ts";
import type { Command } from "./command.ts";
import { look } from "./engine.ts";
import type { Flag } from "./flags.ts";
import type { Io } from "./io.ts";
import { missingPermission } from "./permission.ts";
import { SPEEDS } from "./run_flags.ts";
import { type NamedEngine, standIns } from "./serve_engines.ts";
import {
  bareFlags,
  plansOf,
  prefixedFlags,
  selectServers,
  type ServerPlan,
} from "./serve_flags.ts";
import { rows } from "./table.ts";
import { numberOf } from "./values.ts";

const MAX_PORT = 65_535;

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
  positionals: { name: "SERVER", usage: "[SERVER|[SERVER=]engine:NAME...]", min: 0, max: Infinity },
  examples: [
    "serve slow-origin caching-proxy --caching-proxy-variant fix",
    "serve object-store sts s3-gateway=engine:workerd+repaired",
  ],
  notes: [
    "None named starts all. With one server its flags are bare (--port), with several they carry its " +
    "name (--slow-origin-port). Started together the servers are wired together.",
    "SERVER=engine:NAME starts a real product in the place, and with the flags, of our own server; " +
    "engine:NAME does where there is only one place that it can take. Both take permission to run " +
    "programs and to write a temporary folder (deno task start).",
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
    const { names, engines } = standIns(args.positionals, servers, await catalog.engines());
    const plans = plansOf(args, selectServers(servers, names), servers, engines);
    const speed = numberOf(args, "speed", { ...SPEEDS, whole: false, otherwise: 1 });
    const hostname = args.value("host") ?? "127.0.0.1";
    const clock = speed === 1 ? realClock : pacedClock(speed);

    await using scope = new AsyncDisposableStack();
    const signal = interrupt.signal;
    const quiet = args.has("quiet");
    const options = { hostname, clock, io, scope, signal, speed, quiet };
    const started = await start(plans, options).catch((error) => {
      // What was being started has been stopped: that was the wish.
      if (signal.aborted) return undefined;
      throw error;
    });
    if (started === undefined || signal.aborted) return 0;
    const lines = [...started.values()].flatMap(({ label, url, stats, entrances = [] }): Row[] => [
      [label, url],
      ...entrances.map(([region, at]): Row => ["", `${region}: ${at}`]),
      ...(stats === undefined ? [] : [["", `figures: ${url}${stats}`] as Row]),
    ]);
    io.out(rows(lines, io.width).join("\n") + "\n");
    if (!quiet && !/^(127\.|::1$|localhost$)/.test(hostname)) {
      io.err(`warning: ${hostname} may be reached from other machines\n`);
    }
    const actions = [...started.values()].flatMap(({ onEnter }) => onEnter ?? []);
    if (!quiet) {
      for (const { what } of actions) io.err(`Enter ${what}\n`);
      io.err("Ctrl-C stops\n");
    }
    const broken = [...started.values()].flatMap((one) => one.broken ?? []);
    if (actions.length > 0) scope.use(onEachLine(io, () => actions.map((one) => press(one, io))));
    await Promise.race([aborted(interrupt.signal), ...broken]);
    if (!quiet) io.err("stopping\n");
    return 0;
  },
};

/** A line of what is printed: a name, and what it goes with. */
type Row = [string, string];

/** Does what Enter stands for; what goes wrong is a line too. */
async function press(action: TerminalAction, io: Io): Promise<void> {
  try {
    io.err(`${await action.run()}\n`);
  } catch (error) {
    io.err(`error: ${messageOf(error)}\n`);
  }
}

/** Calls back for each line of standard input, until it is disposed of. */
function onEachLine(io: Io, callback: () => void): AsyncDisposable {
  const stop = new AbortController();
  const reading = (async () => {
    for await (const _line of io.lines(stop.signal)) callback();
  })().catch(() => {});
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await reading;
    },
  };
}

/** A server that was started. */
interface Started {
  /** What it is called in what is printed. */
  label: string;
  /** Where it is: scheme, host and port. */
  url: string;
  /** Where its figures are below that. */
  stats?: string;
  /** Where else it can be reached, by what is behind it. */
  entrances?: readonly (readonly [name: string, url: string])[];
  /** What pressing Enter does. */
  onEnter?: TerminalAction;
  /** Rejects when it breaks. */
  broken?: Promise<never>;
}

interface StartOptions {
  speed: number;
  /** Whether to keep silent but for errors and warnings. */
  quiet: boolean;
  hostname: string;
  clock: Clock;
  io: Io;
  /** Takes what was started, also when a later server cannot be. */
  scope: AsyncDisposableStack;
  signal: AbortSignal;
}

/** Starts the servers, those first that others are wired to, by the names of their places. */
async function start(
  plans: readonly ServerPlan[],
  options: StartOptions,
): Promise<ReadonlyMap<string, Started>> {
  const started = new Map<string, Started>();
  for (const plan of inWiringOrder(plans)) {
    if (options.signal.aborted) break;
    started.set(plan.definition.name, await startOne(plan, started, options));
  }
  return started;
}

async function startOne(
  plan: ServerPlan,
  started: ReadonlyMap<string, Started>,
  options: StartOptions,
): Promise<Started> {
  const { definition, port, portFlag, given, engine } = plan;
  const { hostname, clock, io, scope } = options;
  const wired = Object.entries(definition.wiring).flatMap(
    ([param, { server, path = "", unless = [] }]) => {
      const url = started.get(server)?.url;
      return url === undefined || unless.some((other) => other in given)
        ? []
        : [[param, url + path] as const];
    },
  );
  const params = { ...definition.params.parse({}), ...Object.fromEntries(wired), ...given };
  if (engine) return await startStandIn(engine, plan, params, options);
  const { connectionControl, name } = definition;
  const warn = (message: string) => io.err(`${name}: ${message}\n`);
  const server = await definition.create(params, {
    clock,
    warn,
    ...(!options.quiet && { notice: warn }),
  });
  scope.defer(() => server.close());
  const onError = (error: unknown) => warn(`a handler failed: ${messageOf(error)}`);
  const listening = { hostname, connectionControl, onError };
  let which = name;
  try {
    const { url, port: bound } = scope.use(await listen(server, { ...listening, port }));
    const entrances: (readonly [string, string])[] = [];
    for (const [at, { name: entrance, fetch }] of (server.entrances ?? []).entries()) {
      const next = port === 0 ? 0 : bound + 1 + at;
      which = `${name}, whose entrance ${entrance} is ${at + 1} above its own port`;
      if (next > MAX_PORT) {
        throw new UsageError(`${which}: ${next} is no port; --${portFlag} PORT changes the port`);
      }
      const inner = scope.use(await listen({ fetch }, { ...listening, port: next }));
      entrances.push([entrance, inner.url]);
    }
    return {
      label: name,
      url,
      stats: STATS_PATH,
      entrances,
      ...(server.onEnter && { onEnter: server.onEnter }),
    };
  } catch (error) {
    if (!(error instanceof ListenError) || missingPermission(error) !== undefined) throw error;
    throw new UsageError(`${which}: ${error.message}; --${portFlag} PORT changes the port`);
  }
}

/** Starts a real product in a server's place. */
async function startStandIn(
  { engine, as }: NamedEngine,
  { definition, port, portFlag }: ServerPlan,
  params: Params,
  { hostname, io, scope, signal, speed }: StartOptions,
): Promise<Started> {
  const { standIn } = definition;
  const play = standIn && playOf(engine, standIn.role);
  const launch = standIn &&
    launcherOf(engine, standIn.part(paceParams(definition.params, params, speed)));
  if (play === undefined || launch === undefined) {
    throw new TypeError(`${engine.title} has no role to stand in for`);
  }
  if (hostname !== "127.0.0.1") {
    throw new UsageError(`--host: received '${hostname}', but engines listen on 127.0.0.1 only`);
  }
  const found = await look(engine);
  if (found === undefined) {
    throw new UsageError(await whyMissing(engine));
  }
  if (port !== 0) checkFree(as, port, portFlag);
  const { url, broken } = await startEngine(engine, found, {
    launch,
    ...(port !== 0 && { port }),
    onLine: (line) => play.tells?.test(line) && io.err(`${as}: ${line}\n`),
    clock: realClock,
    scope,
    signal,
  });
  return {
    label: as,
    url: url.origin,
    broken,
    ...(play.statsPath !== undefined && { stats: play.statsPath }),
  };
}

/** A program would say so too, but only after something else has answered in its place. */
function checkFree(as: string, port: number, flag: string): void {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
  } catch (error) {
    const why = error instanceof Deno.errors.AddrInUse
      ? "the port is in use"
      : error instanceof Deno.errors.PermissionDenied
      ? "the port is reserved for root"
      : undefined;
    if (why === undefined) throw error;
    throw new UsageError(
      `${as}: Cannot listen on 127.0.0.1:${port}: ${why}; --${flag} PORT changes the port`,
    );
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
