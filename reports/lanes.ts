// A run's events by lane, with the lanes that did the same drawn together.

import type { TimelineEvent } from "../lab/timeline.ts";

/** One thing that happened to one lane, or alike to all the lanes that a drawn lane stands for. */
export interface Moment {
  /** When it happened, to the first of them, in milliseconds since the run began. */
  fromMs: number;
  /** When it had happened to the last of them. */
  toMs: number;
  /** What happened. */
  event: string;
  /** `key=value` pairs; of lanes that differ, the range or the different values. */
  detail: string;
}

/** A lane as it is drawn. */
export interface Lane {
  /** `origin`, or `reader-1…20` for lanes that are drawn together. */
  label: string;
  /** How many lanes it stands for. */
  count: number;
  /** What happened to it, in order. */
  moments: Moment[];
}

/**
 * Sorts events into lanes, in order of their first event. Numbered lanes of one name to which the
 * same events happened in the same order become one.
 */
export function collapseLanes(events: readonly TimelineEvent[]): Lane[] {
  const lanes = Map.groupBy(events, (event) => event.lane);
  const alike = Map.groupBy(
    lanes.entries(),
    ([lane, own]) => JSON.stringify([stemOf(lane), ...own.map((event) => event.event)]),
  );
  return [...alike.values()].map((group) => ({
    label: labelOf(group.map(([lane]) => lane)),
    count: group.length,
    moments: (group[0]?.[1] ?? []).map((event, index) =>
      momentOf(event.event, group.flatMap(([, own]) => own[index] ?? []))
    ),
  }));
}

const NUMBERED = /^(.*?)(\d{1,9})$/;

/** The name of a numbered lane without its number; another lane is like no other. */
function stemOf(lane: string): string[] {
  const stem = NUMBERED.exec(lane)?.[1];
  return stem === undefined ? [lane, "alone"] : [stem];
}

/** `reader-1…3,7` for `reader-1`, `reader-2`, `reader-3` and `reader-7`. */
function labelOf(names: readonly string[]): string {
  const [only] = names;
  if (only === undefined || names.length === 1) return only ?? "";
  const numbers = names.map((name) => Number(NUMBERED.exec(name)?.[2])).sort((a, b) => a - b);
  const ranges: { from: number; to: number }[] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range?.to === number - 1) range.to = number;
    else ranges.push({ from: number, to: number });
  }
  const spans = ranges.map(({ from, to }) => from === to ? `${from}` : `${from}…${to}`);
  return `${NUMBERED.exec(only)?.[1]}${spans.join(",")}`;
}

function momentOf(event: string, members: readonly TimelineEvent[]): Moment {
  let fromMs = Infinity, toMs = 0;
  for (const { atMs } of members) {
    fromMs = Math.min(fromMs, atMs);
    toMs = Math.max(toMs, atMs);
  }
  return { fromMs, toMs, event, detail: detailOf(members.map((member) => member.detail)) };
}

/** How many different values of one detail are named before the rest is left to an ellipsis. */
const MOST_VALUES = 3;

function detailOf(details: readonly TimelineEvent["detail"][]): string {
  const keys = [...new Set(details.flatMap((detail) => Object.keys(detail)))];
  return keys.map((key) => {
    const values = [...new Set(details.flatMap((detail) => key in detail ? [detail[key]] : []))];
    const numbers = values.filter((value) => typeof value === "number").sort((a, b) => a - b);
    const text = numbers.length === values.length && numbers.length > 1
      ? `${numbers[0]}…${numbers.at(-1)}`
      : values.slice(0, MOST_VALUES).join("/") + (values.length > MOST_VALUES ? "/…" : "");
    return `${key}=${text}`;
  }).join(" ");
}
