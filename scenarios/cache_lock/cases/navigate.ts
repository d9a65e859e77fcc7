// A browser navigates away while its document waits: `navigate`.

import { InconclusiveError, UnmetError } from "../../../lab/errors.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { type BrowserPage, ownBrowser, type Visit } from "../../../probes/browser.ts";
import {
  findServerSide,
  isGone,
  readSocketTable,
  type SocketEntry,
  watchServerSide,
} from "../../../probes/socket_table.ts";
import { type Context, runPath } from "../clients.ts";
import { cacheLockParams } from "../params.ts";
import { type Doubt, judgeRelease, type Leave, type Release, releaseMetrics } from "../release.ts";
import { sendWriter, settle } from "../stage.ts";
import { releaseOf, watchFigures, writerDeadline } from "../watch.ts";

const LANE = "browser";
/** How often the kernel's table is read, which takes a child process each time, in milliseconds. */
const LOOK_EVERY_MS = 20;

async function navigateAway(context: Context): Promise<Release> {
  const { access, params, clock, scope, timeline } = context;
  if (access.host !== undefined) {
    throw new UnmetError(["browser"], "a browser cannot be told another Host: leave out --host");
  }
  const { insecure, headers } = access;
  const browser = await ownBrowser(scope, { clock, insecure, headers });
  const path = runPath(context, "object", { sleepMs: params.originDelayMs });
  const sent = await sendWriter(context, path);
  const byTable = access.statsUrl === undefined;
  const before = byTable ? clientPorts(context, await readSocketTable()) : [];
  const visit = browser.visit(new URL(path, access.url).href);
  timeline.add(LANE, "navigation-started", {}, visit.startedAtMs);
  const first = byTable ? await newPorts(context, visit, before) : [];
  const queue = await settle(context, sent, {
    count: 1,
    sentAtMs: clock.now(),
    answered: () => Number(visit.answered),
  });
  if (visit.failure !== undefined) {
    throw new InconclusiveError(`the browser could not ask the target: ${visit.failure}`);
  }
  const queued = { ...sent, readers: [], queue };
  const deadlineMs = writerDeadline(context, queued);
  if (!byTable) {
    const leftAtMs = leave(context, browser);
    const leaves = await watchFigures(context, queue.waiting ?? 0, [leftAtMs], deadlineMs);
    return await releaseOf(context, queued, leaves, { halfClosed: false });
  }
  // A browser may have opened others meanwhile, in advance.
  const later = clientPorts(context, await readSocketTable());
  const ports = new Set([...first, ...later.filter((port) => !before.includes(port))]);
  const { leave: last, doubt } = await leaveByTable(context, browser, [...ports], deadlineMs);
  return await releaseOf(context, queued, [last], {
    halfClosed: false,
    ...(doubt && { provesHoldsOnly: doubt }),
  });
}

/** Tells the browser to go away. Returns when, in milliseconds of the run's clock. */
function leave({ clock, timeline }: Context, browser: BrowserPage): number {
  const leftAtMs = clock.now();
  timeline.add(LANE, "navigated-away", {}, leftAtMs);
  // What counts is what the target sees; a browser that is closed meanwhile says so here.
  browser.leave().catch(() => {});
  return leftAtMs;
}

function serverPort({ access: { url } }: Context): number {
  return Number(url.port) || (url.protocol === "https:" ? 443 : 80);
}

/** The ports of this machine that have a connection to the target. */
function clientPorts(context: Context, table: readonly SocketEntry[]): number[] {
  const port = serverPort(context);
  return table.filter((entry) => entry.remotePort === port && entry.state === "ESTABLISHED")
    .map((entry) => entry.localPort);
}

/** The ports of connections to the target that were not there before; there is one at least. */
async function newPorts(
  context: Context,
  visit: Visit,
  before: readonly number[],
): Promise<number[]> {
  const { params, clock, signal } = context;
  const deadlineMs = clock.now() + Math.max(2_000, params.thresholdMs);
  while (clock.now() < deadlineMs && visit.failure === undefined) {
    const table = await readSocketTable();
    const ports = clientPorts(context, table).filter((port) => !before.includes(port));
    // A target in another network namespace has no rows here, and would seem to have let go.
    if (ports.some((port) => findServerSide(table, port, serverPort(context)))) return ports;
    await clock.sleep(LOOK_EVERY_MS, { signal });
  }
  throw new InconclusiveError(
    visit.failure === undefined
      ? "the target's socket of the browser's connection is not in this machine's table"
      : `the browser could not ask the target: ${visit.failure}`,
  );
}

/** What the target's side of the browser's connections showed. */
interface Watched {
  /** The connection that was let go last. */
  leave: Leave;
  /** Why it proves nothing that they were let go, where that is so. */
  doubt?: Doubt;
}

/**
 * Leaves, waits until the browser has closed its connections, and watches the target's side of each:
 * nothing shows which of them carried the request, so that the last to be let go counts. One that the
 * browser keeps was opened in advance: with HTTP/1.1 a request that is given up takes its connection
 * along. HTTP/2, which browsers speak over TLS only, does not.
 */
async function leaveByTable(
  context: Context,
  browser: BrowserPage,
  ports: readonly number[],
  deadlineMs: number,
): Promise<Watched> {
  const { access, clock, signal, timeline } = context;
  const toldAtMs = leave(context, browser);
  const late = new AbortController();
  const watch = watchServerSide(ports, {
    serverPort: serverPort(context),
    intervalMs: LOOK_EVERY_MS,
    clock,
    signal: AbortSignal.any([signal, late.signal]),
  });
  const closedAtMs = await closedByBrowser(context, ports, toldAtMs);
  const kept = ports.length - closedAtMs.size;
  timeline.add(LANE, "connections-closed", { closed: closedAtMs.size, kept });
  const closed = [...closedAtMs.keys()];
  const held = () => closed.some((port) => watch.goneAtMs(port) === undefined);
  while (held() && clock.now() < deadlineMs) await clock.sleep(LOOK_EVERY_MS, { signal });
  late.abort();
  await watch.finished;
  const leaves = [...closedAtMs].map(([port, leftAtMs]): Leave => {
    const goneAtMs = watch.goneAtMs(port);
    // Both sides go between two looks where the target is quick.
    const releasedAtMs = goneAtMs === undefined ? null : Math.max(goneAtMs, leftAtMs);
    if (releasedAtMs !== null) timeline.add(LANE, "socket-gone", {}, releasedAtMs);
    return { leftAtMs, releasedAtMs, heldAtMs: watch.heldAtMs(port) ?? leftAtMs, status: null };
  });
  const releasedMs = (one: Leave) => one.releasedAtMs ?? Infinity;
  const [last] = leaves.toSorted((a, b) => releasedMs(a) < releasedMs(b) ? 1 : -1);
  if (last === undefined) {
    throw new InconclusiveError("the browser went away and kept its connection: HTTP/2?");
  }
  const reason = `the browser kept ${kept} of its ${ports.length} connections to the ` +
    "target, one of which may have carried the request: HTTP/2? (--stats-url)";
  const told = kept === 0 || access.url.protocol === "http:";
  return { leave: last, ...(!told && { doubt: { reason } }) };
}

/**
 * When the browser closed each connection, by its port; those that it keeps are left out. Two reads in
 * a row must say so, at the time of the first: the kernel prints the table piece by piece.
 */
async function closedByBrowser(
  context: Context,
  ports: readonly number[],
  toldAtMs: number,
): Promise<Map<number, number>> {
  const { params, clock, signal } = context;
  const closedAtMs = new Map<number, number>();
  const absentAtMs = new Map<number, number>();
  const patienceMs = Math.max(2_000, params.thresholdMs);
  while (closedAtMs.size < ports.length && clock.now() <= toldAtMs + patienceMs) {
    await clock.sleep(LOOK_EVERY_MS, { signal });
    const atMs = clock.now();
    const table = await readSocketTable();
    for (const port of ports) {
      if (closedAtMs.has(port)) continue;
      const before = absentAtMs.get(port);
      if (!isGone(findServerSide(table, serverPort(context), port))) absentAtMs.delete(port);
      else if (before === undefined) absentAtMs.set(port, atMs);
      else closedAtMs.set(port, before);
    }
  }
  return closedAtMs;
}

/** A browser navigates away. */
export const navigate: Case = defineCase(cacheLockParams, {
  id: "navigate",
  control: false,
  claim: "A browser that navigates away while its document waits for the cache lock is let go.",
  meaning: "Each impatient visitor of a slow page leaves a request and a connection behind.",
  figure: "serverCloseMs",
  uses: ["collapsing"],
  provokes: "Chromium opens the URL as a document, which queues behind a writer, and then " +
    "navigates to an empty page: it closes the connection by itself.",
  rule: "pass: the target lets go within the threshold, by its own figures or by the kernel's " +
    "socket table, before the writer has its answer. fail: it held the browser's request longer.",
  source:
    "HTML, navigating across documents (an ongoing navigation is cancelled); the mobile and " +
    "browser clients of the report: Pingora cache lock client disconnect",
  needs: ["browser", ["figures", "local"]],
  // A browser takes its time to go, and that is not the target's fault.
  defaults: { originDelayMs: 40_000, disconnectDelayMs: 4_000, thresholdMs: 6_000 },
  alone: "last",
  provoke: navigateAway,
  judge: judgeRelease,
  metrics: releaseMetrics,
});
