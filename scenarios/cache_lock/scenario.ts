// `cache-lock`: readers that queue behind a cache lock stay held after their client has left.

import { formatDuration } from "../../lab/duration.ts";
import type { Access, FinishedRun, Need, Scenario } from "../../lab/scenario.ts";
import type { Verdict } from "../../lab/verdict.ts";
import { browserAvailability } from "../../probes/browser.ts";
import { descriptorsAvailability } from "../../probes/descriptors.ts";
import { socketTableAvailability } from "../../probes/socket_table.ts";
import { allLeaveCase } from "./cases/all_leave.ts";
import { close, reset } from "./cases/close.ts";
import { collapse } from "./cases/collapse.ts";
import { disconnect, hang, many } from "./cases/disconnect.ts";
import { exhaustion } from "./cases/exhaustion.ts";
import { expired } from "./cases/expired.ts";
import { h2Cancel } from "./cases/h2_cancel.ts";
import { keepAlive } from "./cases/keep_alive.ts";
import { navigate } from "./cases/navigate.ts";
import { oneLeaves } from "./cases/one_leaves.ts";
import { originFails } from "./cases/origin_fails.ts";
import { conditional, head, range } from "./cases/partial.ts";
import { pipelined, pipelinedWriter } from "./cases/pipelined.ts";
import { slowReader } from "./cases/slow_reader.ts";
import { staleLeave } from "./cases/stale_leave.ts";
import { ageTimeout, waitTimeout } from "./cases/timeouts.ts";
import { trickle } from "./cases/trickle.ts";
import { revalidate } from "./cases/revalidate.ts";
import { uncacheable, uncacheableMany } from "./cases/uncacheable.ts";
import { varyMiss } from "./cases/vary_miss.ts";
import { writerLeaves } from "./cases/writer_leaves.ts";
import { writerLeavesEarly } from "./cases/writer_leaves_early.ts";
import { behind, embed } from "./embed.ts";
import { type CacheLockParams, cacheLockParams } from "./params.ts";

/** What a run may take beside its own delays, in milliseconds: connecting, and a busy machine. */
const SLACK_MS = 20_000;

/** The scenario of the Pingora report. */
export const cacheLock: Scenario = {
  id: "cache-lock",
  title: "Readers held behind a cache lock after their client has left",
  summary: "A caching proxy lets one request fetch an uncached URL and makes the others wait for " +
    "it. When the client of one that waits disconnects, the proxy goes on waiting: the request, " +
    "its connection and its memory are held until the writer is answered or the lock times out.",
  role: "caching-proxy",
  source: "Pingora cache lock client disconnect bug reproduction (cloudflare/pingora, pull " +
    "requests 797, 798 and 800)",
  params: cacheLockParams,
  headline: "disconnect",
  cases: [
    disconnect,
    close,
    reset,
    h2Cancel,
    many,
    hang,
    exhaustion,
    keepAlive,
    expired,
    navigate,
    collapse,
    writerLeaves,
    originFails,
    uncacheable,
    uncacheableMany,
    waitTimeout,
    ageTimeout,
    allLeaveCase,
    slowReader,
    oneLeaves,
    writerLeavesEarly,
    pipelined,
    pipelinedWriter,
    trickle,
    revalidate,
    staleLeave,
    varyMiss,
    range,
    head,
    conditional,
  ],
  ports: { proxyPort: "target", originPort: "origin" },
  connections: ({ numReaders, maxWaiting }) => Math.max(Number(numReaders), Number(maxWaiting)) + 2,
  embed,
  behind,
  missing,
  limitMs(params) {
    const { originDelayMs, lockWaitTimeoutMs, lockAgeTimeoutMs, thresholdMs, numReaders } =
      params as CacheLockParams;
    return SLACK_MS + originDelayMs * (numReaders + 4) + lockWaitTimeoutMs + lockAgeTimeoutMs +
      8 * thresholdMs;
  },
  block,
  curl,
};

async function missing(need: Need, access: Access): Promise<string | undefined> {
  switch (need) {
    case "figures":
      return access.statsUrl ? undefined : "the target's figures are not known (--stats-url)";
    case "origin":
      return access.originUrl ? undefined : "the origin's log is not known (--origin)";
    case "waiting-limit":
      return undefined; // The case proves the limit itself, or says that it is not there.
    case "browser":
      return reasonOf(await browserAvailability());
    case "lock-wait-timeout":
      return whyNotTold("lockWaitTimeoutMs", need, access);
    case "lock-age-timeout":
      return whyNotTold("lockAgeTimeoutMs", need, access);
    case "local":
      return isLoopback(access.url) ? reasonOf(await socketTableAvailability()) : NOT_LOCAL;
    case "descriptors":
      if (!isLoopback(access.url)) return NOT_LOCAL;
      return reasonOf(await socketTableAvailability()) ?? reasonOf(await descriptorsAvailability());
  }
}

/** A timeout that is merely assumed would make a healthy target fail. */
function whyNotTold(param: keyof CacheLockParams, flag: string, access: Access) {
  return access.told?.includes(param) ? undefined : `the target's own is not known (--${flag})`;
}

const NOT_LOCAL = "the target's sockets are not in this machine's table";

function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\./.test(hostname);
}

function reasonOf(found: { available: true } | { available: false; reason: string }) {
  return found.available ? undefined : found.reason;
}

/** Cases in which readers merely leave, which curl can do: it closes both directions. */
const CURL_CASES: Readonly<Record<string, string>> = {
  disconnect: "sleep",
  close: "sleep",
  many: "sleep",
  hang: "fault",
};

function curl({ case: id, params, url }: FinishedRun & { case: string; url: string }) {
  const control = CURL_CASES[id];
  if (control === undefined) return undefined;
  const { numReaders, disconnectDelayMs, originDelayMs } = params as CacheLockParams;
  const seconds = (ms: number) => String(Number((ms / 1_000).toFixed(3)));
  const query = control === "fault" ? "fault=hang" : `sleep=${seconds(originDelayMs)}`;
  const { port } = new URL(url);
  return [
    `url="${url}/edge-repro/$RANDOM/object?${query}"`,
    'curl -s -o /dev/null "$url" &     # the writer',
    `sleep ${seconds(disconnectDelayMs / 2)}`,
    `for reader in $(seq ${numReaders}); do`,
    `  curl -s -o /dev/null --max-time ${seconds(disconnectDelayMs)} "$url" &`,
    "done",
    `sleep ${seconds(disconnectDelayMs * 2)}`,
    "# The readers have gone. Their connections, as long as the server has not let go:",
    `ss -tn state close-wait "( sport = :${port || 80} )"`,
  ];
}

/** The block that the seed's test client prints. */
function block({ params, metrics, verdict, durationMs }: FinishedRun): string[] {
  const close = metrics.serverCloseMs;
  if (close === undefined || !("max" in close)) return [];
  const { thresholdMs } = params as CacheLockParams;
  const [min, max, avg] = [close.min, close.max, close.mean].map(formatDuration);
  return [
    `Total test time: ${formatDuration(durationMs)}`,
    `Server close times after disconnect: min ${min}, max ${max}, avg ${avg}`,
    `${VERDICT_LINES[verdict]} (max ${max}, threshold ${formatDuration(thresholdMs)})`,
  ];
}

const VERDICT_LINES: Readonly<Record<Verdict, string>> = {
  pass: "PASS: the server let go quickly",
  fail: "FAIL: the server took too long to let go",
  inconclusive: "INCONCLUSIVE: this run cannot tell",
};
