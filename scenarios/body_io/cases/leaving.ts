// A client that goes in the middle of a part, and a part that is too large to be sent at all.

import { messageOf } from "../../../lab/errors.ts";
import type { StoreRequest } from "../../../probes/s3/signing.ts";
import { knownBackendOf, uploadsAtBackend } from "../backend.ts";
import { readTold } from "../gateway_figures.ts";
import {
  judgeLeft,
  judgeOversized,
  type Left,
  leftMetrics,
  type Oversized,
  oversizedMetrics,
} from "../leaving.ts";
import { ask, createUpload, partRequest, partsOf } from "../raw.ts";
import { type Context, isTold, setStage, type Stage } from "../stage.ts";
import { type SwitchedCase, switchedCase, SWITCHES } from "../switched_case.ts";
import { SEED } from "./texts.ts";

const MIB = 1 << 20;

/** What is announced, and what of it is sent, in bytes. */
const DECLARED_BYTES = 8 * MIB;
const SENT_BYTES = 2 * MIB;

/** How long it is waited for what a target may do where no log tells that it has, in milliseconds. */
const UNSEEN_MS = 500;

/** How long it is waited until that is passed on, in milliseconds. */
const PASSED_ON_MS = 1_500;

/** The largest content of one request, in bytes. Source: S3 User Guide, "Uploading objects". */
const MAX_BYTES = 5 * 2 ** 30;

/** Sends a fourth of a content and goes. */
async function leave(
  context: Context,
  stage: Stage,
  request: StoreRequest,
  { what, how, isElsewhere, isThere }: {
    what: string;
    isElsewhere: boolean;
    how: "reset" | "close";
    isThere: () => Promise<boolean>;
  },
): Promise<Left> {
  const { clock, timeline, params: { thresholdMs }, signal } = context;
  const key = request.key ?? "";
  const signed = await stage.client.signed(request);
  using connection = await stage.client.connectFor(request);
  const exchange = connection.send({ ...signed, declaredLength: DECLARED_BYTES });
  let answered: string | null = null;
  exchange.headers.then(({ status }) => void (answered ??= String(status)), () => {});
  timeline.add(what, "sent", { bytes: SENT_BYTES, of: DECLARED_BYTES });
  await connection.write(new Uint8Array(SENT_BYTES));
  // A target that keeps all of a part before it passes it on shows nothing there.
  const begun = await uploadsAtBackend(
    context,
    key,
    (all) => all.some(({ bodyBytes }) => bodyBytes > 0),
    PASSED_ON_MS,
  );
  const isKnown = begun !== null;
  if (!isKnown) await clock.sleep(UNSEEN_MS, { signal });
  const before = answered;
  connection[how]();
  timeline.add(what, "left", { how });
  const came = await uploadsAtBackend(
    context,
    key,
    (all) => all.every(({ ended }) => ended !== null),
    thresholdMs,
  );
  if (!isKnown) await clock.sleep(UNSEEN_MS, { signal });
  for (const { framing, bodyBytes, ended, connection } of came ?? []) {
    timeline.add("backend", ended ?? "under-way", { of: what, framing, bodyBytes, connection });
  }
  const endMs = clock.now() + thresholdMs;
  let told = await readTold(context);
  while (told !== null && ((told.bufferedBytes ?? 0) > 0 || (told.upstreams ?? 0) > 0)) {
    if (clock.now() >= endMs) break;
    await clock.sleep(20, { signal });
    told = await readTold(context);
  }
  let listed: boolean | null = null;
  try {
    listed = await isThere();
  } catch (error) {
    if (!isTold(error)) throw error;
    context.warn(messageOf(error));
  }
  return {
    ...{ what, answered: before, came, isElsewhere, listed },
    heldBytes: told?.bufferedBytes ?? null,
    upstreams: told?.upstreams ?? null,
  };
}

async function leaveTwo(context: Context): Promise<Left[]> {
  const { thresholdMs } = context.params;
  const stage = await setStage(context);
  const key = stage.keyOf("left-part");
  const uploadId = await createUpload(stage, key);
  const atBackend = await knownBackendOf(context)
    ?.waitFor(key, (all) => all.length > 0, thresholdMs / 4);
  const isElsewhere = atBackend?.length === 0;
  const part = await leave(context, stage, partRequest(stage, { key, uploadId }, {}), {
    ...{ what: "the part", how: "reset", isElsewhere },
    isThere: async () => (await partsOf(stage, { key, uploadId })).length > 0,
  });
  const objectKey = stage.keyOf("left-object");
  stage.wrote(objectKey);
  const contentSha256 = "UNSIGNED-PAYLOAD";
  const request = { method: "PUT", bucket: stage.bucket, key: objectKey, contentSha256 };
  const object = await leave(context, stage, request, {
    ...{ what: "the object", how: "close", isElsewhere },
    isThere: async () => await stage.client.head(stage.bucket, objectKey) !== undefined,
  });
  return [part, object];
}

/** Goes in the middle. */
export const clientLeaves: SwitchedCase = switchedCase({
  id: "client-leaves",
  control: true,
  about: ["readBody", "uploadPart"],
  claim: "When a client goes in the middle of a content, the request to the backend ends with it.",
  provokes: "Announces 8 MiB, sends 2 MiB and goes: of a part by a reset, of an object by closing.",
  meaning:
    "Requests whose client has gone stay with the gateway and its backend, or half a content is " +
    "stored as if it were all.",
  rule:
    "pass: within the threshold the backend's side is cut, nothing is held, and neither part nor " +
    "object is listed. fail: one of that is not so. inconclusive: it was refused before the client " +
    "went, it cannot be told what is listed, or there is no log of the backend.",
  source: `${SEED}: "the outbound fetch drives the pipe via backpressure"`,
  figure: "cutAtBackend",
  needs: [],
  provoke: leaveTwo,
  judge: judgeLeft,
  metrics: leftMetrics,
});

async function announceTooMuch(context: Context): Promise<Oversized[]> {
  const { params: { thresholdMs: limitMs } } = context;
  const stage = await setStage(context);
  const begin = async (name: string) => {
    const key = stage.keyOf(name);
    return { key, uploadId: await createUpload(stage, key) };
  };
  const announce = async (
    what: string,
    { key, uploadId }: { key: string; uploadId: string },
    more: Parameters<typeof partRequest>[2],
    length: number,
  ): Promise<Oversized> => {
    const request = partRequest(stage, { key, uploadId }, more);
    const options = { operation: "UploadPart", declaredLength: length, limitMs };
    const asked = await ask(context, stage, request, options);
    const came = await uploadsAtBackend(context, key, () => true, 0) ?? [];
    return { what, asked, came };
  };
  // One after the other: what begins together at a cold target is another case's.
  const plain = await begin("oversized");
  const chunked = await begin("oversized-chunks");
  return await Promise.all([
    announce("a part of more than 5 GiB", plain, {}, MAX_BYTES + 1),
    announce("a part of more than 5 GiB in chunks", chunked, {
      headers: [
        ["Content-Encoding", "aws-chunked"],
        ["x-amz-decoded-content-length", String(MAX_BYTES + 1)],
        ["x-amz-trailer", "x-amz-checksum-crc32"],
      ],
      contentSha256: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    }, MAX_BYTES + MIB),
  ]);
}

/** Too large. */
export const oversizedPart: SwitchedCase = switchedCase({
  id: "oversized-part",
  control: true,
  about: SWITCHES,
  claim: "A part whose announced length is over 5 GiB is refused before a byte of it is read.",
  provokes:
    "Announces parts of more than 5 GiB, plain and in chunks of S3's own, and sends nothing.",
  meaning: "Clients send gigabytes that are refused in the end.",
  rule:
    "pass: each is refused with EntityTooLarge while nothing was sent. fail: one is accepted, " +
    "passed on, or not answered within the threshold. inconclusive: it is refused for another reason.",
  source: `${SEED}: "oversized-part rejection"`,
  figure: "refusedAtOnce",
  needs: [],
  provoke: announceTooMuch,
  judge: judgeOversized,
  metrics: oversizedMetrics,
});
