// One authenticated S3 request on its way through the object store, and what answers it.

import type { Clock } from "../../lab/clock.ts";
import type { Operation } from "../s3/operation.ts";
import type { Payload } from "../s3/payload.ts";
import type { ReadLocks } from "./read_lock.ts";
import type { Storage } from "./storage.ts";

/** A request whose signature holds, or which needs none. */
export interface Call {
  /** What is asked for. */
  operation: Operation;
  /** The bucket; empty for ListBuckets. */
  bucket: string;
  /** The object's key, decoded; empty where the operation is about a bucket. */
  key: string;
  /** The query. */
  query: URLSearchParams;
  /** The header fields. */
  headers: Headers;
  /** The content. */
  payload: Payload;
  /** Aborts when the client leaves before the answer is out. */
  signal: AbortSignal;
  /** Whether who reads the answer is done with a chunk of it once it asks for the next. */
  lent: boolean;
  /** The region in which it is answered. */
  region: string;
}

/**
 * What is done with the content of an upload whose length is not announced: it is refused at once, or
 * when it has come through.
 */
export type OnChunked = "refuse" | "stall";

/** What handlers work with. */
export interface StoreContext {
  /** Where things are kept. */
  storage: Storage;
  /** The store's time. */
  clock: Clock;
  /** The locks of reads under way. */
  locks: ReadLocks;
  /** What is done with an upload whose length is not announced. Default: `refuse`. */
  onChunked?: OnChunked;
  /** Told of what went wrong in the store itself when it is too late to answer so. */
  onError: (error: unknown) => void;
}

/** Answers one operation. Throws an `S3Error` for what S3 refuses. */
export type Handler = (call: Call, context: StoreContext) => Promise<Response> | Response;

/** The status of an answer that nobody will read: the client has left. */
export const CLIENT_CLOSED_REQUEST = 499;
