// The few requests that the video host has for an object store, signed (SigV4) and with errors for people.

import { AwsV4Signer } from "aws4fetch";
import type { Clock } from "../../lab/clock.ts";
import { messageOf } from "../../lab/errors.ts";

/** A key to an object store. */
export interface StoreKey {
  /** Names the key; no secret. */
  accessKeyId: string;
  /** Signs requests; a secret. */
  secretAccessKey: string;
  /** Goes with temporary keys; a secret. */
  sessionToken?: string;
}

/** Where the host keeps its clips. */
export interface StoreOptions {
  /** Scheme, host and port of an S3 API; a path is a prefix. Addressed by path, as R2 can be. */
  endpoint: URL;
  /** The bucket. */
  bucket: string;
  /** What requests are signed for, such as `auto` (R2) or `us-east-1`. */
  region: string;
  /** Signs requests. */
  credentials: StoreKey;
  /** The world's time, which gives signatures their date. */
  wallClock: Pick<Clock, "now">;
}

/** The store could not be reached or refused. The message is one line, without anything secret. */
export class StoreError extends Error {
  /** `StoreError`. */
  override name = "StoreError";
  /** The store's own code, such as `NoSuchBucket`; undefined where it gave none. */
  readonly code: string | undefined;
  /** Whether the store has surely done nothing of it: it refused, or nothing was sent to it. */
  readonly undone: boolean;

  /** Says what could not be done, and why. */
  constructor(
    message: string,
    options: { code?: string | undefined; undone?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = options.code;
    this.undone = options.undone ?? false;
  }
}

/** What to do about the refusals that people meet. */
const ADVICE: Readonly<Record<string, string>> = {
  NoSuchBucket: "create the bucket, or name another one",
  InvalidAccessKeyId: "the store does not know this access key",
  SignatureDoesNotMatch: "the secret key is not the access key's",
  AccessDenied: "the key may not do this",
  AuthorizationHeaderMalformed: "the region may be another one",
  RequestTimeTooSkewed: "this machine's clock is wrong",
};

/** Of an error answer no more than this is read, in bytes. */
const ERROR_BYTES = 16 << 10;

interface Sent {
  method: "PUT" | "GET" | "DELETE";
  key: string;
  body?: Blob;
  signal: AbortSignal;
  /** What is being done, for the message: `upload clip.mp4`. */
  doing: string;
}

/** A client of one bucket. */
export class StoreClient {
  readonly #options: StoreOptions;
  /** How far the store's clock is ahead of ours, in milliseconds, once it has complained. */
  #skewMs = 0;

  /** Remembers where the bucket is; asks nothing. */
  constructor(options: StoreOptions) {
    this.#options = options;
  }

  /** Stores an object; the blob's length becomes the Content-Length. @throws {StoreError} */
  async put(key: string, body: Blob, signal: AbortSignal): Promise<void> {
    await this.#done({ method: "PUT", key, body, signal, doing: `upload ${key}` });
  }

  /** Removes an object; one that is not there is no error. @throws {StoreError} */
  async delete(key: string, signal: AbortSignal): Promise<void> {
    await this.#done({ method: "DELETE", key, signal, doing: `delete ${key}` });
  }

  /** Begins to read an object: the answer's head has come, its body is for the caller. @throws {StoreError} */
  get(key: string, signal: AbortSignal): Promise<Response> {
    return this.#send({ method: "GET", key, signal, doing: `read ${key}` });
  }

  /**
   * A URL by which anyone can read an object (presigned GET).
   *
   * @param seconds For how long.
   */
  async presign(key: string, seconds: number): Promise<URL> {
    const url = this.#url(key);
    url.searchParams.set("X-Amz-Expires", String(seconds));
    return (await this.#sign("GET", url, true)).url;
  }

  async #done(sent: Sent): Promise<void> {
    const response = await this.#send(sent);
    await response.body?.cancel();
  }

  async #send(sent: Sent, again = false): Promise<Response> {
    const { method, key, body, signal, doing } = sent;
    const { url, headers } = await this.#sign(method, this.#url(key), false);
    if (body?.type) headers.set("content-type", body.type);
    const response = await fetch(url, {
      method,
      headers,
      signal,
      redirect: "manual",
      ...(body && { body }),
    }).catch((error) => {
      signal.throwIfAborted();
      const { why, undone } = failureOf(error);
      throw new StoreError(
        `Cannot ${doing}: ${this.#options.endpoint.origin} cannot be reached (${why})`,
        { cause: error, undone },
      );
    });
    if (response.ok) return response;
    const text = await beginningOf(response);
    const code = /<Code>([\w.]{1,64})<\/Code>/.exec(text)?.[1];
    if (code === "RequestTimeTooSkewed" && !again && this.#takeTime(response)) {
      return await this.#send(sent, true);
    }
    const advice = code === undefined ? "is this an S3 endpoint?" : ADVICE[code];
    throw new StoreError(
      `Cannot ${doing}: ${this.#options.endpoint.origin} answered ${response.status}` +
        `${code ? ` ${code}` : ""}${advice ? `; ${advice}` : ""}`,
      // What failed at the store's side may have been done all the same.
      { code, undone: response.status < 500 || (code !== undefined && code !== "InternalError") },
    );
  }

  /** Signs for the store's time from now on, if its answer tells that. */
  #takeTime(response: Response): boolean {
    const theirs = Date.parse(response.headers.get("date") ?? "");
    if (Number.isNaN(theirs)) return false;
    this.#skewMs = theirs - this.#options.wallClock.now();
    return true;
  }

  #url(key: string): URL {
    const { endpoint, bucket } = this.#options;
    const names = [bucket, ...key.split("/")];
    const url = new URL(endpoint);
    url.pathname = `${url.pathname.replace(/\/$/, "")}/${names.map(encodeURIComponent).join("/")}`;
    return url;
  }

  async #sign(
    method: string,
    url: URL,
    signQuery: boolean,
  ): Promise<{ url: URL; headers: Headers }> {
    const { credentials, region, wallClock } = this.#options;
    const at = new Date(wallClock.now() + this.#skewMs).toISOString();
    return await new AwsV4Signer({
      ...credentials,
      method,
      url: url.href,
      service: "s3",
      region,
      signQuery,
      datetime: at.replaceAll(/[:-]|\.\d{3}/g, ""),
    }).sign();
  }
}

/** How Deno 2.9 says that there was no connection; under other words a request would count as sent. */
const NO_CONNECTION = /client error \(Connect\)|Requests to port \d+ are blocked/;

/** Why a request failed, and whether that was before a byte of it was sent. */
function failureOf(error: unknown): { why: string; undone: boolean } {
  let root = error;
  // Deno 2.9 says only "fetch failed" of some errors, and more in their causes.
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  const why = messageOf(root).replace(/^error sending request for url \(\S+\): /, "");
  return { why, undone: root instanceof Deno.errors.NotCapable || NO_CONNECTION.test(why) };
}

/** The beginning of an answer's body; the rest is not waited for. */
async function beginningOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > ERROR_BYTES) break;
  }
  return text;
}
