// A PUT of which half is sent and then nothing: the client neither goes on nor closes.

import { own } from "../../lab/scope.ts";
import { until } from "../../lab/until.ts";
import type { ObjectContent } from "../../probes/s3/content.ts";
import type { StoreRequest } from "../../probes/s3/signing.ts";
import { hasSocketTable, heldPorts, isHeldYet, queuedAtRest } from "./kernel.ts";
import { CONTENT_TYPE, type Context, type Stage } from "./stage.ts";
import type { Begun, UnfinishedUpload } from "./unfinished.ts";

const LANE = "stalled-upload";

/** How often the kernel is asked whether the target has let go, in milliseconds of the run's clock. */
const LOOK_EVERY_MS = 10;

/** A PUT that is under way, and will not end. */
export interface StalledUpload {
  /** How it stands. */
  observe(): Promise<UnfinishedUpload>;
  /** Closes it, and waits until the target has let go of it where that can be seen. Returns when. */
  close(): Promise<number>;
}

/**
 * Begins to PUT content to the stage's object and stops in the middle. It asks to be told to go on
 * (RFC 9110 §10.1.1, `Expect: 100-continue`): who says so waits for the rest.
 */
export async function stallUpload(
  context: Context,
  { client, bucket, object: { key } }: Stage,
  content: ObjectContent,
): Promise<StalledUpload> {
  const { clock, params, scope, timeline } = context;
  const request: StoreRequest = {
    ...{ method: "PUT", bucket, key },
    headers: [["Content-Type", CONTENT_TYPE]],
    contentSha256: content.sha256(),
  };
  const signed = await client.signed(request);
  const connection = own(scope, await client.connectFor(request));
  const exchange = connection.send({
    ...signed,
    // Not signed: proxies take it off.
    headers: [...signed.headers ?? [], ["Expect", "100-continue"]],
    declaredLength: content.sizeBytes,
  });
  const { sentAtMs } = exchange;
  timeline.add(LANE, "request-sent", { declaredBytes: content.sizeBytes }, sentAtMs);
  let answer: { status: number | null; atMs: number } | null = null;
  const over = (status: number | null, atMs: number) => answer ??= { status, atMs };
  exchange.headers.then(({ status, atMs }) => over(status, atMs), () => {});
  connection.closed.then(({ atMs }) => over(null, atMs));
  let begun: Begun | null = null;
  const deadlineMs = clock.now() + params.thresholdMs;
  const toldAtMs = await until(context, exchange.firstByte.catch(() => undefined), deadlineMs);
  // What comes in the same piece as a final answer is known a moment later.
  await clock.sleep(0);
  if (toldAtMs !== undefined && answer === null) {
    begun = "continue";
    timeline.add(LANE, "continue", {}, toldAtMs);
  }
  let sentBytes = 0;
  const send = async () => {
    for (const piece of content.pieces()) {
      const rest = Math.floor(content.sizeBytes / 2) - sentBytes;
      if (rest <= 0 || answer !== null) return;
      await connection.write(piece.subarray(0, rest));
      sentBytes += Math.min(rest, piece.byteLength);
    }
  };
  await until(context, send(), clock.now() + params.thresholdMs);
  timeline.add(LANE, "stalled", { sentBytes });
  return {
    async observe() {
      let shownOpen = false;
      if (await hasSocketTable(context)) {
        const { localPort } = connection;
        shownOpen = (await heldPorts(context, [localPort])).has(localPort);
        const [queued] = await queuedAtRest(context, [localPort], "to-target");
        // Of what was written only the content counts: the header is behind the process as well then.
        if (shownOpen && queued !== undefined && queued < sentBytes) begun ??= "queues";
      }
      return {
        ...{ sentAtMs, sentBytes, declaredBytes: content.sizeBytes, begun, shownOpen },
        ...{ status: answer?.status ?? null, endedAtMs: answer?.atMs ?? null, closedAtMs: null },
      };
    },
    async close() {
      const look = await hasSocketTable(context);
      const closedAtMs = connection.close();
      timeline.add(LANE, "closed", { sentBytes }, closedAtMs);
      const lateMs = clock.now() + params.thresholdMs;
      const { localPort } = connection;
      while (look && clock.now() < lateMs) {
        if (!await isHeldYet(context, localPort)) break;
        await clock.sleep(LOOK_EVERY_MS, { signal: context.signal });
      }
      return closedAtMs;
    },
  };
}
