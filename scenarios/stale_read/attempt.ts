// One request under way: watched from outside, written into the timeline, and ended with the run.

import { messageOf } from "../../lab/errors.ts";
import type { Reading } from "./reading.ts";
import type { Context } from "./stage.ts";

/** What a request is told of its run. */
export interface RequestRun {
  /** Aborts when nobody waits for it any more. */
  signal: AbortSignal;
  /** To be called with the time when it is sent; the time of its beginning counts until then. */
  sent(atMs: number): void;
}

/**
 * Makes one request and resolves with when that came which was waited for, in milliseconds of the
 * run's clock. What it throws says why it did not come.
 */
export type Request = (run: RequestRun) => Promise<number>;

/** A request under way. */
export interface Attempt {
  /** How it came out; never rejects. */
  reading: Promise<Reading>;
  /** How it stands now. */
  now(): Reading;
}

/** Starts a request. It is ended with the run, where it has not come out before. */
export function start(context: Context, lane: string, request: Request): Attempt {
  const { clock, timeline, scope } = context;
  const ended = new AbortController();
  const signal = AbortSignal.any([context.signal, ended.signal]);
  let sentAtMs = clock.now();
  let settled: Reading | undefined;
  const sent = (atMs: number) => {
    sentAtMs = atMs;
    timeline.add(lane, "request-sent", {}, atMs);
  };
  const reading = request({ signal, sent }).then(
    (answeredAtMs): Reading => {
      timeline.add(lane, "answered", {}, answeredAtMs);
      return { kind: "answered", sentAtMs, answeredAtMs };
    },
    (error): Reading => {
      const atMs = clock.now();
      if (signal.aborted) return { kind: "open", sentAtMs, atMs };
      const message = messageOf(error);
      timeline.add(lane, "failed", { message }, atMs);
      return { kind: "failed", sentAtMs, atMs, message };
    },
  ).then((one) => settled = one);
  scope.defer(async () => {
    ended.abort();
    await reading;
  });
  return {
    reading,
    now: () => settled ?? { kind: "open", sentAtMs, atMs: clock.now() },
  };
}
