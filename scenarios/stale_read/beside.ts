// Makes requests beside an abandoned read, watches them, and finds out why those are late that are.

import { until } from "../../lab/until.ts";
import type { AbandonedRead, ReadEnd } from "../../probes/s3/abandoned_read.ts";
import { closeRead, endedAtMs, observe, type Proof, prove, readOn, whyCorrupt } from "./abandon.ts";
import type { Abandoned } from "./abandoned.ts";
import { type Attempt, type Request, start } from "./attempt.ts";
import { isQuick, type Reading, type SecondReader, type Via } from "./reading.ts";
import type { Context, Stage } from "./stage.ts";
import type { Stale } from "./stale.ts";

/** One client that is to make a request beside an abandoned read. */
export interface Client {
  via: Via;
  /** Its lane in the timeline. */
  lane: string;
  /** What it asks for. */
  request: Request;
  /** The same of another object. Clients that share one function share one read. */
  control: Request;
}

/** How requests are made beside an abandoned read. */
export interface BesideOptions
  extends Partial<Pick<Stale, "awaited" | "baselineMs" | "leftOut" | "unusable">> {
  /** Leaves the abandoned read alone until the target's lock timeout is over, rather than close it. */
  keepOpen?: boolean;
  /** Looks at the abandoned read before rather than after, for requests that may end it. */
  proveBefore?: boolean;
  /** Done when not all were answered in time, before the abandoned read is closed. */
  beforeClosing?: () => Promise<void>;
  /** Done when all were answered, before the abandoned read is gone on with. */
  beforeReadingOn?: () => Promise<void>;
}

/** What was seen, and how the abandoned read ended where it was gone on with. */
export interface Beside extends Stale {
  end: ReadEnd | undefined;
}

/**
 * Makes all requests at once. Those that are answered in time leave the abandoned read open: it is gone
 * on with to its end. Otherwise another object is read meanwhile, and only then the abandoned read is
 * closed, to see what that changes.
 */
export async function readBeside(
  context: Context,
  stage: Stage,
  read: AbandonedRead,
  clients: readonly Client[],
  options: BesideOptions = {},
): Promise<Beside> {
  const { clock, params } = context;
  const { awaited = "first byte", baselineMs = 0, keepOpen = false } = options;
  const { leftOut = [], unusable = [] } = options;
  const before = options.proveBefore ? await prove(context, stage, read) : undefined;
  const attempts = clients.map(({ lane, request }) => start(context, lane, request));
  const limitMs = params.thresholdMs + 3 * baselineMs;
  await haveTheirTime(context, attempts, limitMs);
  const inTime = attempts.map((attempt) => attempt.now());
  const proof: Proof = before ?? await prove(context, stage, read);
  const seen = observe(read, proof);
  const trouble = clients.filter((_, index) => !isQuick(inTime[index] ?? null, limitMs));
  const stale = { awaited, baselineMs, leftOut, unusable };
  if (trouble.length === 0) {
    await options.beforeReadingOn?.();
    const end = await readOn(context, read);
    const readers = clients.map(({ via }, index): SecondReader => ({
      via,
      first: inTime[index] ?? nothing(clock.now()),
      control: null,
      again: null,
    }));
    return { ...stale, abandoned: { ...seen, ...fateOf(end, read) }, readers, end };
  }
  const controls = await readOthers(context, trouble);
  await options.beforeClosing?.();
  const endedBeforeMs = endedAtMs(read);
  const closedAtMs = keepOpen ? null : closeRead(context, read);
  await allOf(context, attempts, deadlineMs(context, read, closedAtMs));
  const abandoned: Abandoned = {
    ...seen,
    endedAtMs: keepOpen ? endedAtMs(read) : endedBeforeMs,
    closedAtMs,
    corrupt: whyCorrupt(read.report()),
  };
  if (keepOpen) closeRead(context, read);
  const readers = await Promise.all(clients.map(async (client, index): Promise<SecondReader> => {
    const first = attempts[index]?.now() ?? nothing(clock.now());
    const again = first.kind === "failed" ? await readAgain(context, client) : null;
    return { via: client.via, first, control: controls.get(client.control) ?? null, again };
  }));
  return { ...stale, abandoned, readers, end: undefined };
}

const nothing = (atMs: number): Reading => ({ kind: "open", sentAtMs: atMs, atMs });

/** Waits until all have come out, or each has had its time since it was sent, in milliseconds. */
export async function haveTheirTime(
  context: Pick<Context, "clock" | "signal">,
  attempts: readonly Attempt[],
  limitMs: number,
): Promise<void> {
  for (;;) {
    const open = attempts.map((attempt) => attempt.now()).filter(({ kind }) => kind === "open");
    // One is sent later than it is started: it has to be signed, and to connect.
    const deadlineMs = Math.max(...open.map(({ sentAtMs }) => sentAtMs + limitMs));
    if (open.length === 0 || deadlineMs <= context.clock.now()) return;
    await allOf(context, attempts, deadlineMs);
  }
}

/** Waits until all have come out, or until a time. */
export async function allOf(
  context: Pick<Context, "clock" | "signal">,
  attempts: readonly Pick<Attempt, "reading">[],
  deadlineMs: number,
): Promise<void> {
  await until(context, Promise.all(attempts.map(({ reading }) => reading)), deadlineMs);
}

/** Up to when those that are held are watched, in milliseconds of the run's clock. */
function deadlineMs(
  { clock, params: { lockTimeoutMs, thresholdMs } }: Context,
  read: AbandonedRead,
  closedAtMs: number | null,
): number {
  const byTimeoutMs = read.sentAtMs + lockTimeoutMs + 2 * thresholdMs;
  return Math.max(byTimeoutMs, (closedAtMs ?? clock.now()) + 2 * thresholdMs);
}

/** Reads another object with each kind of client that is late; by the request. */
async function readOthers(
  context: Context,
  clients: readonly Client[],
): Promise<ReadonlyMap<Request, Reading>> {
  const attempts = new Map(
    clients.map(({ control, lane }) => [control, { control, lane }]),
  ).values().map(({ control, lane }) => ({
    control,
    attempt: start(context, `other-object-${lane}`, control),
  })).toArray();
  const { clock, params } = context;
  await allOf(context, attempts.map(({ attempt }) => attempt), clock.now() + params.thresholdMs);
  return new Map(attempts.map(({ control, attempt }) => [control, attempt.now()]));
}

/** Makes a request that failed once more. */
async function readAgain(context: Context, { lane, request }: Client): Promise<Reading> {
  const { clock, params } = context;
  const attempt = start(context, `${lane}-again`, request);
  await allOf(context, [attempt], clock.now() + 2 * params.thresholdMs);
  return attempt.now();
}

function fateOf(
  end: ReadEnd | undefined,
  read: AbandonedRead,
): Pick<Abandoned, "rest" | "corrupt"> {
  if (end === undefined) {
    const rest = { how: "open", receivedBytes: read.receivedBytes } as const;
    return { rest, corrupt: whyCorrupt(read.report()) };
  }
  const { how, receivedBytes } = end;
  return { rest: { how, receivedBytes }, corrupt: whyCorrupt(end) };
}
