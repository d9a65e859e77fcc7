// The AWS SDK for JavaScript v3 as a writer, with every attempt of every request written down; loaded when used.

import https from "node:https";
import type { S3Client } from "@aws-sdk/client-s3";
import type { Clock } from "../../lab/clock.ts";
import { messageOf } from "../../lab/errors.ts";
import type { Access } from "../../lab/scenario.ts";
import { withoutSecrets } from "./secrets.ts";

/** How an attempt ended. */
export type AttemptEnd = "answered" | "stalled" | "broken";

/** One attempt of one request; times in milliseconds of the clock. */
export interface SdkAttempt {
  /** The operation by S3's name, such as `UploadPart`. */
  operation: string;
  /** The object's key; null for an operation on several. */
  key: string | null;
  /** Which attempt of its request it is, from 1. */
  attempt: number;
  /** When it was handed over. */
  sentAtMs: number;
  /** When it was over, however it ended. */
  endedAtMs: number;
  /** `stalled`: this side gave it up; `broken`: it ended without an answer. */
  end: AttemptEnd;
  /** The answer's status; null where there was none. */
  status: number | null;
  /** The answer's S3 error code, or in a line what is wrong with it; null where all is well. */
  why: string | null;
}

/** An attempt that is handed over. */
export interface SdkBegin extends Pick<SdkAttempt, "operation" | "key"> {
  /** The size of its part, in bytes; 0 for what is no part. */
  partBytes: number;
}

/** What an SDK client is made with. */
export interface SdkWriterOptions {
  /** Gives the times. */
  clock: Clock;
  /** How much of all parts may be under way at once, in bytes. */
  inFlightBytes: number;
  /** Gives up what is under way when it aborts. lib-storage hands no signal on to its requests. */
  stuck: AbortSignal;
  /** Has nothing more handed over when it aborts; what is under way goes on. */
  ending?: AbortSignal;
  /** Told of each attempt when it is handed over. */
  onBegin?: (begin: SdkBegin) => void;
  /** Told of each attempt when it is over. */
  onAttempt: (attempt: SdkAttempt) => void;
  /** Told of each answer to CreateMultipartUpload: what is to be aborted if nothing completes it. */
  onUploadId?: (key: string, uploadId: string) => void;
  /** Told of each upload that an answer says to be completed or aborted. */
  onUploadEnd?: (uploadId: string) => void;
}

/** The operations after which an upload is there no more. */
const ENDS_UPLOAD = ["CompleteMultipartUpload", "AbortMultipartUpload"];

/** What is wrong with an answer that begins nothing. */
const NO_ID = "without an upload's id";

interface Input {
  Key?: string;
  Body?: { byteLength?: number };
  UploadId?: string;
}

interface Answered {
  response: { statusCode?: number };
  output: { UploadId?: string };
}

interface Failed {
  name?: string;
  code?: unknown;
  $metadata?: { httpStatusCode?: number };
}

/**
 * Makes a client with the SDK's own retries. It sends parts as they are, signed as those who speak TLS
 * do (`UNSIGNED-PAYLOAD`), and looks nothing up: neither keys nor regions. Whoever made it destroys it.
 */
export async function sdkWriter(access: Access, options: SdkWriterOptions): Promise<S3Client> {
  const { clock, inFlightBytes, stuck, ending, onBegin, onAttempt } = options;
  const { S3Client } = await import("@aws-sdk/client-s3");
  const agent = { keepAlive: true, maxSockets: Infinity };
  const client = new S3Client({
    endpoint: access.url.href,
    region: access.store?.region ?? "us-east-1",
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: {
      httpAgent: agent,
      httpsAgent: new https.Agent({ ...agent, rejectUnauthorized: !access.insecure }),
    },
    // A copy, for the SDK writes into it where the key is from.
    credentials: { ...access.store?.credentials ?? { accessKeyId: "-", secretAccessKey: "-" } },
  });
  client.middlewareStack.add(
    (next, { commandName }) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      Object.assign(
        headers,
        access.headers,
        access.host === undefined ? {} : { host: access.host },
      );
      if (commandName === "UploadPartCommand") headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD";
      return next(args);
    },
    { step: "build", name: "edgeReproHeaders" },
  );
  const gate = new Gate(inFlightBytes);
  const attempts = new WeakMap<object, number>();
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const operation = String(context.commandName).replace(/Command$/, "");
      const attempt = (attempts.get(context) ?? 0) + 1;
      attempts.set(context, attempt);
      const { Key, Body, UploadId } = args.input as Input;
      const key = Key ?? null;
      const partBytes = operation === "UploadPart" ? Body?.byteLength ?? 0 : 0;
      const leave = await gate.enter(partBytes);
      if (stuck.aborted || ending?.aborted) {
        leave();
        throw givenUp();
      }
      const sentAtMs = clock.now();
      onBegin?.({ operation, key, partBytes });
      const over = (end: AttemptEnd, status: number | null, why: string | null) =>
        onAttempt({
          ...{ operation, key, attempt, sentAtMs, endedAtMs: clock.now() },
          ...{ end, status, why },
        });
      let isOver = false;
      try {
        const answer = await unless(stuck, next(args));
        const { response, output } = answer as Answered;
        const begins = operation === "CreateMultipartUpload";
        const lacksId = begins && output.UploadId === undefined;
        over("answered", response.statusCode ?? null, lacksId ? NO_ID : null);
        isOver = true;
        // The SDK would go on without it.
        if (lacksId) throw new Error(NO_ID);
        if (begins) options.onUploadId?.(key ?? "", output.UploadId ?? "");
        if (ENDS_UPLOAD.includes(operation) && UploadId) options.onUploadEnd?.(UploadId);
        return answer;
      } catch (error) {
        if (isOver) throw error;
        const { name = "Error", code, $metadata } = error as Failed;
        const status = $metadata?.httpStatusCode ?? null;
        if (status !== null) over("answered", status, name);
        else {
          const said = typeof code === "string" ? code : messageOf(error);
          const why = withoutSecrets(said, access).slice(0, 200);
          over(name === "AbortError" ? "stalled" : "broken", null, why);
        }
        throw error;
      } finally {
        leave();
      }
    },
    // Inside of the retries, outside of what reads the answer.
    { step: "finalizeRequest", priority: "low", name: "edgeReproAttempts" },
  );
  return client;
}

function givenUp(): DOMException {
  return new DOMException("The request was given up", "AbortError");
}

/** What work gives, unless the signal aborts first. The client's `destroy` ends what is left of it. */
async function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  work.catch(() => {});
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(givenUp());
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Lets in as many as fit; one that is larger than all there is comes alone. */
class Gate {
  readonly #limit: number;
  readonly #waiting: { size: number; go: () => void }[] = [];
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves, in the order of asking, with what gives the room back. */
  async enter(size: number): Promise<() => void> {
    if (size === 0) return () => {};
    await new Promise<void>((go) => {
      this.#waiting.push({ size, go });
      this.#admit();
    });
    return () => {
      this.#used -= size;
      this.#admit();
    };
  }

  #admit(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (this.#used > 0 && this.#used + first.size > this.#limit) return;
      this.#used += first.size;
      this.#waiting.shift();
      first.go();
    }
  }
}
