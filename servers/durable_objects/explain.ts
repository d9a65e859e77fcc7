// Why an object is in memory, or that nothing keeps it there: in words, with the places in its code.

import { formatDuration } from "../../lab/duration.ts";
import type { Activity, ActivityKind } from "./activity.ts";
import type { ObjectState } from "./events.ts";

/** Things of one kind that keep an object in memory. */
export interface Blocker {
  /** What they are. */
  kind: ActivityKind;
  /** How many. */
  count: number;
  /** Where in the code they began, each place once, as `echo.ts:12`. */
  places: string[];
  /** The same as a phrase: "1 `setInterval` created at echo.ts:12". */
  text: string;
}

/** What is to be said of an object's hibernation. */
export interface Explanation {
  /** Where it is in its life. */
  state: ObjectState;
  /** Whether nothing keeps it in memory. */
  eligible: boolean;
  /** What keeps it, one entry a kind. */
  blockers: Blocker[];
  /** When it will be evicted unless something happens, in milliseconds from now; null where not. */
  evictsInMs: number | null;
  /** All this in one line. */
  text: string;
}

/** How things of a kind are called: one, several, and what stands before the place. */
interface Words {
  one: string;
  many: string;
  /** Default: `at`. */
  before?: string;
  /** Whether their details are worth showing: each once, in parentheses. */
  details?: true;
}

const WORDS: Readonly<Record<ActivityKind, Words>> = {
  "setTimeout": { one: "`setTimeout`", many: "`setTimeout`s", before: "created at" },
  "setInterval": { one: "`setInterval`", many: "`setInterval`s", before: "created at" },
  "scheduler.wait": { one: "`scheduler.wait()`", many: "`scheduler.wait()`s" },
  "AbortSignal.timeout": {
    one: "`AbortSignal.timeout()`",
    many: "`AbortSignal.timeout()`s",
    before: "created at",
  },
  "fetch": { one: "outgoing fetch", many: "outgoing fetches", before: "from", details: true },
  "WebSocket": {
    one: "outgoing WebSocket",
    many: "outgoing WebSockets",
    before: "opened at",
    details: true,
  },
  "plain-socket": {
    one: "socket accepted without hibernation",
    many: "sockets accepted without hibernation",
  },
  "request": { one: "request in flight", many: "requests in flight" },
  "rpc": { one: "RPC call in flight", many: "RPC calls in flight" },
  "socket-event": { one: "socket handler running", many: "socket handlers running" },
  "alarm": { one: "alarm handler running", many: "alarm handlers running" },
  "waitUntil": { one: "promise given to `waitUntil()`", many: "promises given to `waitUntil()`" },
  "construction": {
    one: "constructor or `blockConcurrencyWhile()` running",
    many: "constructor and `blockConcurrencyWhile()` calls running",
  },
};

/** How many places or details of a kind are shown; of more than that the rest is counted. */
const SHOWN = 3;

function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined))];
}

function some(values: readonly string[], rest: string): string {
  const left = values.length - SHOWN;
  const shown = values.slice(0, SHOWN);
  if (left > 0) return `${shown.join(", ")} and ${left} other ${rest}${left === 1 ? "" : "s"}`;
  return shown.length < 2 ? shown.join() : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

function blockerOf(kind: ActivityKind, activities: readonly Activity[]): Blocker {
  const words = WORDS[kind];
  const count = activities.length;
  const places = distinct(activities.map((activity) => activity.place));
  const details = words.details ? distinct(activities.map((activity) => activity.detail)) : [];
  let text = `${count} ${count === 1 ? words.one : words.many}`;
  if (details.length > 0) text += ` (${some(details, "URL")})`;
  if (places.length > 0) text += ` ${words.before ?? "at"} ${some(places, "place")}`;
  return { kind, count, places, text };
}

function textOf(state: ObjectState, blockers: readonly Blocker[], evictsInMs: number | null) {
  if (blockers.length > 0) {
    return `not hibernating: ${blockers.map((blocker) => blocker.text).join(", ")}`;
  }
  if (state === "hibernated") return "hibernated";
  if (evictsInMs === null) return `${state}: nothing keeps it in memory`;
  return `${state}: evicted in ${formatDuration(Math.max(evictsInMs, 0))} unless something happens`;
}

/**
 * Says why an object is in memory.
 *
 * @param input Where it is in its life, what it has under way, and in how many milliseconds it will
 *   be evicted (null where no eviction is due).
 */
export function explain(
  input: { state: ObjectState; activities: readonly Activity[]; evictsInMs: number | null },
): Explanation {
  const { state, activities, evictsInMs } = input;
  const blockers = [...Map.groupBy(activities, (activity) => activity.kind)]
    .map(([kind, those]) => blockerOf(kind, those));
  return {
    state,
    eligible: blockers.length === 0,
    blockers,
    evictsInMs,
    text: textOf(state, blockers, evictsInMs),
  };
}
