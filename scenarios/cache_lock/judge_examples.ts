// What the examples of all judges are made of: healthy pieces.

import type { Answer } from "./answer.ts";
import type { Answers, OriginRequest } from "./answers.ts";
import { type CacheLockParams, cacheLockParams } from "./params.ts";
import type { Queue } from "./stage.ts";

/** The seed's own: threshold 2 s, origin delay 5 s, both timeouts 60 s. */
export const params: CacheLockParams = cacheLockParams.parse({});

/** Readers behind one writer. */
export const queue: Queue = {
  originRequests: 1,
  answered: 0,
  writerAnswered: false,
  waiting: null,
};

/** The same where no origin can be read. */
export const unread: Queue = { ...queue, originRequests: null };

/** An answer that is complete. */
export type Answered = Extract<Answer, { kind: "answered" }>;

/** An answer of 10 bytes, complete at a time in milliseconds. */
export const at = (completedAtMs: number, change: Partial<Answered> = {}): Answered => ({
  kind: "answered",
  status: 200,
  digest: "stored",
  sizeBytes: 10,
  headersAtMs: completedAtMs,
  completedAtMs,
  ...change,
});

/** No answer by the end of the watch. */
export const open: Answer = { kind: "open", atMs: 60_000 };

/** A connection that was refused. */
export const refused: Answer = {
  kind: "failed",
  code: "refused",
  message: "it was refused",
  atMs: 1,
};

/** An answer that was cut off. */
export const cut: Answer = {
  kind: "failed",
  code: "closed-early",
  message: "it was closed",
  atMs: 9,
};

/** A request at the origin; times in milliseconds. */
export const request = (
  arrivedAtMs = 1,
  endedAtMs: number | null = 5_000,
  outcome = "answered",
): OriginRequest => ({ arrivedAtMs, endedAtMs, outcome });

/** Two readers that were served with the writer, from one request. */
export const answers = (change: Partial<Answers> = {}): Answers => ({
  queue,
  writer: at(5_000),
  readers: [at(5_010), at(5_020)],
  sentAtMs: [100, 110],
  origin: [request(0, 5_000)],
  ...change,
});
