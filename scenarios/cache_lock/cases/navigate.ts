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
import { until } from "../answer.ts";
import { type Context, runPath } from "../clients.ts";
import { cacheLockParams } from "../params.ts";
import { judgeRelease, type Leave, type Release, releaseMetrics } from "../release.ts";
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
  const ports = byTable ? await newPorts(context, visit, before) : [];
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
  const leaves = byTable
    ? await leaveByTable(context, browser, ports, deadlineMs)
    : await watchFigures(context, queue.waiting ?? 0, [leave(context, browser)], deadlineMs);
  return await releaseOf(context, queued, leaves, { halfClosed: false });
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

/**
 * Leaves, waits until the browser has closed a connection, and watches the target's side of it. A
 * connection that it keeps carried nothing that was cancelled.
 */
async function leaveByTable(
  context: Context,
  browser: BrowserPage,
  ports: readonly number[],
  deadlineMs: number,
): Promise<Leave[]> {
  const { params, clock, signal, timeline } = context;
  const toldAtMs = leave(context, browser);
  let closed: number[] = [];
  let leftAtMs = toldAtMs;
  while (closed.length === 0) {
    if (clock.now() > toldAtMs + Math.max(2_000, params.thresholdMs)) {
      throw new InconclusiveError("the browser went away and kept its connection: HTTP/2?");
    }
    await clock.sleep(LOOK_EVERY_MS, { signal });
    leftAtMs = clock.now();
    const table = await readSocketTable();
    closed = ports.filter((port) => isGone(findServerSide(table, serverPort(context), port)));
  }
  timeline.add(LANE, "connection-closed", { connections: closed.length }, leftAtMs);
  const late = new AbortController();
  const watch = watchServerSide(closed, {
    serverPort: serverPort(context),
    intervalMs: LOOK_EVERY_MS,
    clock,
    signal: AbortSignal.any([signal, late.signal]),
  });
  await until(context, watch.finished, deadlineMs);
  late.abort();
  await watch.finished;
  return closed.map((port) => {
    const releasedAtMs = watch.goneAtMs(port) ?? null;
    if (releasedAtMs !== null) timeline.add(LANE, "socket-gone", {}, releasedAtMs);
    return { leftAtMs, releasedAtMs, heldAtMs: watch.heldAtMs(port) ?? leftAtMs, status: null };
  });
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
  alone: true,
  provoke: navigateAway,
  judge: judgeRelease,
  metrics: releaseMetrics,
});
