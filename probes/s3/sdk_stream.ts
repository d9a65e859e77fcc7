// One streaming upload by the AWS SDK, aws-chunked, with the bytes that it puts on the wire told.

import { createHash } from "node:crypto";
import https from "node:https";
import { Readable } from "node:stream";
import type { Clock } from "../../lab/clock.ts";
import { messageOf } from "../../lab/errors.ts";
import type { Access } from "../../lab/scenario.ts";
import type { AwsChunkedWire } from "./aws_chunked_body.ts";
import type { SdkAttempt } from "./sdk_attempts.ts";
import { withoutSecrets } from "./secrets.ts";

/** What is sent. */
export interface SdkStreamOptions {
  /** The bucket. */
  bucket: string;
  /** The key. */
  key: string;
  /** The content. */
  bytes: Uint8Array;
  /** Gives the times. */
  clock: Clock;
  /** Gives up when it aborts. */
  signal: AbortSignal;
}

/** What came of it. */
export interface SdkStreamed {
  /** What the client saw. */
  asked: SdkAttempt;
  /** What it sent as its content, without HTTP's own framing; null where it sent none. */
  wire: AwsChunkedWire | null;
}

const nothing = () => {};

/** The SDK (3.1169) writes to the console of a stream that it cannot send again, unless it has a logger. */
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };

const ANONYMOUS = { accessKeyId: "-", secretAccessKey: "-" };

/** Sends a content as a stream. One attempt; nothing is looked up. It does not reject for what the target does. */
export async function sdkStream(access: Access, options: SdkStreamOptions): Promise<SdkStreamed> {
  const { bucket, key, bytes, clock, signal } = options;
  const { PutObjectCommand, S3Client } = await import("@aws-sdk/client-s3");
  const client = new S3Client({
    endpoint: access.url.href,
    region: access.store?.region ?? "us-east-1",
    forcePathStyle: true,
    logger: SILENT,
    maxAttempts: 1,
    requestHandler: {
      httpAgent: { keepAlive: false },
      httpsAgent: new https.Agent({ keepAlive: false, rejectUnauthorized: !access.insecure }),
    },
    credentials: { ...access.store?.credentials ?? ANONYMOUS },
  });
  const hash = createHash("sha256");
  let wireBytes = 0;
  let isChunked = false;
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { headers: Record<string, string>; body?: unknown };
      Object.assign(request.headers, access.headers);
      if (access.host !== undefined) request.headers["host"] = access.host;
      return next(args);
    },
    { step: "build", name: "edgeReproHeaders" },
  );
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { headers: Record<string, string>; body?: unknown };
      isChunked = /chunked/i.test(request.headers["transfer-encoding"] ?? "");
      const { body } = request;
      if (body instanceof Readable) {
        request.body = Readable.from(counted(body, (piece) => {
          hash.update(piece);
          wireBytes += piece.length;
        }));
      }
      return next(args);
    },
    { step: "finalizeRequest", priority: "low", name: "edgeReproWire" },
  );
  const sentAtMs = clock.now();
  const asked = (rest: Pick<SdkAttempt, "end" | "status" | "why">): SdkAttempt => ({
    ...{ operation: "PutObject", key, attempt: 1, sentAtMs, endedAtMs: clock.now() },
    ...rest,
  });
  const wire = (): AwsChunkedWire | null =>
    wireBytes === 0 ? null : { bytes: wireBytes, sha256: hash.digest("hex"), isChunked };
  try {
    const command = new PutObjectCommand({
      ...{ Bucket: bucket, Key: key, Body: Readable.from([bytes]), ContentLength: bytes.length },
    });
    const { $metadata } = await client.send(command, { abortSignal: signal });
    const status = $metadata.httpStatusCode ?? null;
    return { asked: asked({ end: "answered", status, why: null }), wire: wire() };
  } catch (error) {
    const { name = "Error", code, $metadata } = error as {
      name?: string;
      code?: unknown;
      $metadata?: { httpStatusCode?: number };
    };
    const status = $metadata?.httpStatusCode ?? null;
    const said = typeof code === "string" ? code : messageOf(error);
    const why = withoutSecrets(status === null ? said : name, access);
    const end = status !== null ? "answered" : name === "AbortError" ? "stalled" : "broken";
    return { asked: asked({ end, status, why: why.slice(0, 200) }), wire: wire() };
  } finally {
    client.destroy();
  }
}

async function* counted(
  body: Readable,
  count: (piece: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    const bytes: Uint8Array = typeof piece === "string" ? new TextEncoder().encode(piece) : piece;
    count(bytes);
    yield bytes;
  }
}
