// The bytes of a request's body as they arrive, with a cut connection told in S3's words.

import { S3Error } from "./error.ts";

/** The bytes of one body, in order. */
export interface Wire {
  /**
   * The next bytes; undefined at the end.
   *
   * @throws {S3Error} `IncompleteBody` (400) when the connection ends before the body does.
   */
  read(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Lets go of what has not been read. */
  close(): void;
}

/** What a request's body is read by. */
export type Body = Pick<Request, "body" | "bytes">;

/** Bodies up to this many bytes are read at once, not as a stream: a tenth less work at 1 KiB. */
const SMALL_BYTES = 65_536;

/**
 * Begins to read a body.
 *
 * @param sizeBytes Its length where that is known.
 */
export function openWire(body: Body, sizeBytes: number | undefined): Wire {
  if (sizeBytes !== undefined && sizeBytes <= SMALL_BYTES) return openSmall(body);
  const reader = body.body?.getReader();
  let ended = reader === undefined;
  return {
    async read() {
      if (reader === undefined || ended) return undefined;
      const { value } = await reader.read().catch(refuse);
      ended = value === undefined;
      return value;
    },
    close() {
      if (reader === undefined) return;
      // Where the body has failed already, cancelling it fails too, and nothing is left to let go of.
      if (!ended) reader.cancel().catch(() => {});
      reader.releaseLock();
    },
  };
}

function openSmall(body: Body): Wire {
  let ended = false;
  return {
    async read() {
      if (ended) return undefined;
      ended = true;
      return await body.bytes().catch(refuse);
    },
    close() {},
  };
}

function refuse(cause: unknown): never {
  const error = new S3Error(
    "IncompleteBody",
    400,
    "The connection ended before the whole content had come.",
  );
  error.cause = cause;
  throw error;
}
