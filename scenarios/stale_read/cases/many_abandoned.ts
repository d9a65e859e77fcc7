// Many GETs are left at once, and what none of them reads is asked for: `many-abandoned`.

import { type Case, defineCase } from "../../../lab/scenario.ts";
import { type Request, start } from "../attempt.ts";
import { haveTheirTime } from "../beside.ts";
import { type BesideCrowd, type Crowd, crowdMetrics, judgeCrowd } from "../crowd.ts";
import { holdGets } from "../held_gets.ts";
import { LEAST_OBJECT_BYTES, staleReadParams } from "../params.ts";
import { isQuick, type Reading } from "../reading.ts";
import { call, get } from "../requests.ts";
import { type Context, setStage } from "../stage.ts";
import { SEED } from "./abandoned_get.ts";

async function askBesideMany(context: Context): Promise<Crowd> {
  const { params } = context;
  const stage = await setStage(context);
  const { bucket, object, other } = stage;
  const prefix = object.key.slice(0, object.key.lastIndexOf("/") + 1);
  const listing = { method: "GET", bucket, query: { "list-type": "2", prefix } };
  const wanted: readonly [what: string, lane: string, request: Request][] = [
    ["a GET of another object", "other-object", get(stage, other)],
    ["a HEAD", "head", call(context, stage, { method: "HEAD", bucket, key: object.key })],
    ["a list", "list", call(context, stage, listing)],
  ];
  const askAll = async (when: string, limitMs: number): Promise<Reading[]> => {
    const attempts = wanted.map(([, lane, request]) => start(context, lane + when, request));
    await haveTheirTime(context, attempts, limitMs);
    return attempts.map((attempt) => attempt.now());
  };
  const before = await askAll("-before", params.thresholdMs);
  const gets = await holdGets(context, stage, params.numAbandoned);
  const allQuick = (readings: readonly Reading[]) =>
    readings.every((reading) => isQuick(reading, params.thresholdMs));
  let first = await askAll("", params.thresholdMs);
  // Filling so many buffers keeps a target busy, but not for long: what holds it back stays.
  if (!allQuick(first)) first = await askAll("-once-more", params.thresholdMs);
  const seen = await gets.observe();
  gets.close();
  const again = allQuick(first) ? [] : await askAll("-again", 2 * params.thresholdMs);
  const open: Reading = { kind: "open", sentAtMs: 0, atMs: 0 };
  const requests = wanted.map(([what], index): BesideCrowd => ({
    what,
    before: before[index] ?? open,
    first: first[index] ?? open,
    again: again[index] ?? null,
  }));
  return { ...seen, requests };
}

/** As many clients that forget to read as a store has workers. */
export const manyAbandoned: Case = defineCase(staleReadParams, {
  id: "many-abandoned",
  control: true,
  claim: "However many GETs of one object are left unread, the store answers for everything else.",
  provokes: "GETs the object on 32 connections at once (--num-abandoned) and leaves all of them, " +
    "whether they were answered or wait for each other; then reads another object, and asks for the " +
    "object's header and the list, as it did before; all of it once more when one is late. " +
    "Where neither figures nor the kernel show that the GETs are open, each is then read to its end.",
  meaning:
    "A few clients that forget to read use up what the store answers with: its workers, its " +
    "connections, its limit of requests. Then it answers nobody.",
  rule:
    "pass: each is answered within the threshold, while all GETs are proved to be open: those " +
    "that were answered in the middle of their body, the others without an answer. fail: one is not answered or " +
    "refused, and was answered at once before, and is again when the GETs are closed. inconclusive: the " +
    "store is slow before or afterwards too, or refused or ended some of the GETs.",
  source:
    `${SEED}; RFC 9110 §15.6.4 (a server that is overloaded); pools of workers and limits of ` +
    "requests in products' manuals",
  figure: "firstByteMs",
  needs: [],
  defaults: { objectSize: 2 * LEAST_OBJECT_BYTES },
  // Filling so many buffers keeps the process busy.
  alone: "last",
  provoke: askBesideMany,
  judge: judgeCrowd,
  metrics: crowdMetrics,
});
