// Contents in S3's own chunks, and with checksums, through the gateway.

import { createHash } from "node:crypto";
import { InconclusiveError } from "../../../lab/errors.ts";
import { awsChunkedBody } from "../../../probes/s3/aws_chunked_body.ts";
import { sdkStream } from "../../../probes/s3/sdk_stream.ts";
import { createChecksum } from "../../../servers/s3/checksum.ts";
import type { ChecksumAlgorithm } from "../../../servers/s3/payload.ts";
import { someHasEnded, uploadsAtBackend } from "../backend.ts";
import { Contents, seedOf } from "../contents.ts";
import {
  type Checksummed,
  type Chunked,
  judgeChecksums,
  judgeChunked,
  passedOnMetrics,
} from "../passed_on.ts";
import { ask, completeUpload, createUpload, partRequest } from "../raw.ts";
import { readBack } from "../read_back.ts";
import { type Context, setStage } from "../stage.ts";
import { type SwitchedCase, switchedCase, SWITCHES } from "../switched_case.ts";
import { SEED } from "./texts.ts";

/** In bytes; larger than what one read of a socket brings. */
const STREAM_BYTES = 700_001;

/** Chunks that begin and end in the middle of what is read at a time, in bytes. */
const ODD_CHUNKS = [8_191, 65_537, 1, 131_072, 100_003];

async function sendChunked(context: Context): Promise<Chunked[]> {
  const { clock, signal, nonce, params } = context;
  const stage = await setStage(context);
  const contents = new Contents(2, STREAM_BYTES, seedOf(nonce));
  const cameFor = (key: string) =>
    uploadsAtBackend(context, key, someHasEnded, params.thresholdMs / 4);
  const changed = async (key: string, index: number) => {
    const { wrong, unread } = await readBack(context, stage, [{
      ...{ key, sizeBytes: STREAM_BYTES },
      check: (offset, bytes) => contents.check(index, offset, bytes),
    }]);
    if (unread[0] !== undefined) throw new InconclusiveError(unread[0]);
    return wrong[0] ?? null;
  };
  const key = stage.keyOf("streamed");
  const takeBack = stage.wrote(key);
  const late = AbortSignal.any([signal, AbortSignal.timeout(2 * params.thresholdMs)]);
  const streamed = await sdkStream(context.access, {
    ...{ bucket: stage.bucket, key, bytes: contents.of(0, STREAM_BYTES), clock, signal: late },
  });
  const { status } = streamed.asked;
  if (status !== null) stage.heard();
  if (status !== null && status < 500 && status >= 400) takeBack();
  const object: Chunked = {
    what: "the SDK's stream",
    ...streamed,
    came: await cameFor(key),
    changed: status === 200 ? await changed(key, 0) : null,
  };
  const partKey = stage.keyOf("chunked-part");
  // What comes with a checksum is of an upload with that checksum.
  const algorithm = [["x-amz-checksum-algorithm", "CRC32"]] as const;
  const uploadId = await createUpload(stage, partKey, algorithm);
  const { wire, crc32, ...framed } = awsChunkedBody(contents.of(1, STREAM_BYTES), ODD_CHUNKS);
  const asked = await ask(
    context,
    stage,
    partRequest(stage, { key: partKey, uploadId }, framed),
    { operation: "UploadPart" },
  );
  const came = await cameFor(partKey);
  let changedPart: string | null = null;
  if (asked.etag !== null && asked.status === 200) {
    await completeUpload(stage, { key: partKey, uploadId, etag: asked.etag, crc32 });
    changedPart = await changed(partKey, 1);
  }
  return [object, { what: "a part in odd chunks", asked, wire, came, changed: changedPart }];
}

/** Streams. */
export const awsChunked: SwitchedCase = switchedCase({
  id: "aws-chunked",
  control: true,
  about: SWITCHES,
  claim:
    "Contents in S3's own chunks come to the backend byte for byte, with the framing they had.",
  provokes: "Uploads a stream with the AWS SDK and a part in chunks of odd sizes, both with a " +
    "checksum behind the content, and compares what came to the backend with what was sent.",
  meaning: "Chunks are broken, or taken apart, on the way: their checksums protect nothing.",
  rule:
    "pass: the backend got the bytes that were sent, with the same framing, and the objects read " +
    "back as they were written. fail: it got others, or without chunks or length. inconclusive: one " +
    "was refused, or not seen there, or there is no log of the backend.",
  source: `${SEED}: "aws-chunked path unchanged — same headers, byte-for-byte"`,
  figure: "stored",
  needs: ["sdk"],
  hashed: true,
  provoke: sendChunked,
  judge: judgeChunked,
  metrics: passedOnMetrics,
});

const ALGORITHMS: readonly ChecksumAlgorithm[] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];

async function sendChecksums(context: Context): Promise<Checksummed[]> {
  const stage = await setStage(context);
  const body = new TextEncoder().encode(`content of ${context.nonce}`);
  const other = new TextEncoder().encode(`another of ${context.nonce}`);
  const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("base64");
  const found: Checksummed[] = [];
  const send = async (
    { algorithm, field, of }: {
      algorithm: string;
      field: string;
      of(bytes: Uint8Array): string | Promise<string>;
    },
  ) => {
    const key = stage.keyOf(`with-${algorithm}`);
    const named = field === "content-md5" ? [] : [["x-amz-checksum-algorithm", algorithm]] as const;
    const uploadId = await createUpload(stage, key, named);
    for (const isRight of [true, false]) {
      const sent = await of(isRight ? body : other);
      const number = isRight ? 1 : 2;
      const headers = [[field, sent]] as const;
      const request = partRequest(stage, { key, uploadId, number }, { body, headers });
      const operation = "UploadPart";
      const asked = await ask(context, stage, request, { operation, lane: algorithm });
      const came = await uploadsAtBackend(context, key, () => true, 0);
      const ofIt = (path: string) => new RegExp(`partNumber=${number}(&|$)`).test(path);
      found.push({
        ...{ algorithm, field, sent, isRight, asked },
        came: came?.filter(({ path }) => ofIt(path)) ?? null,
      });
    }
  };
  await send({ algorithm: "MD5", field: "content-md5", of: md5 });
  for (const name of ALGORITHMS) {
    await send({
      algorithm: name.toUpperCase(),
      field: `x-amz-checksum-${name}`,
      async of(bytes) {
        const checksum = await createChecksum(name);
        checksum.update(bytes);
        return await checksum.digest();
      },
    });
  }
  return found;
}

/** Six of them. */
export const checksums: SwitchedCase = switchedCase({
  id: "checksums",
  control: true,
  about: ["readBody", "uploadPart"],
  claim: "Checksums of parts come to the backend, signed, which refuses wrong ones.",
  provokes:
    "Sends parts with Content-MD5 and with each of S3's checksums, right and wrong, and looks " +
    "at what comes to the backend.",
  meaning: "Parts that were damaged on their way are stored, and nobody knows.",
  rule:
    "pass: each right one is accepted and came to the backend with its value, signed; each wrong " +
    "one is refused. fail: one did not come, came changed or unsigned, or a wrong one was accepted. " +
    "inconclusive: a right one was refused, or not seen at the backend, or there is no log of it.",
  source: `${SEED}: "content-md5 and x-amz-checksum-* are forwarded and signed"`,
  figure: "stored",
  needs: [],
  provoke: sendChecksums,
  judge: judgeChecksums,
  metrics: passedOnMetrics,
});
