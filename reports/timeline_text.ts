// Draws a run's timeline in plain text: one column a lane where the width allows, else a list.

import type { TimelineEvent } from "../lab/timeline.ts";
import { collapseLanes, type Lane, type Moment } from "./lanes.ts";
import { indented, oneLine, padEnd, textWidth, wrap } from "./text.ts";

/** The narrowest column in which event names are still readable. */
const NARROWEST_COLUMN = 15;
/** Columns between two lanes. */
const GAP = "  ";

/** One moment of one lane, as it is drawn. */
interface Row {
  time: string;
  lane: number;
  moment: Moment;
  text: string;
}

/** How a timeline is drawn. */
export interface TimelineDrawing {
  /** The widest line, in columns. */
  width: number;
  /** How many moments are drawn at most; a last line says how many are left out. */
  mostRows: number;
}

/**
 * Draws events with their times in milliseconds down the side. Lanes that did the same are drawn
 * as one (`reader-1…20`) with the time of the first and, where it differs, of the last of them.
 *
 * @returns Lines of at most `width` columns.
 */
export function drawTimeline(
  events: readonly TimelineEvent[],
  { width, mostRows }: TimelineDrawing,
): string[] {
  if (events.length === 0) return ["no events"];
  const lanes = collapseLanes(events);
  const all = rowsOf(lanes);
  const rows = all.slice(0, mostRows);
  const timeWidth = Math.max(2, ...rows.map((row) => row.time.length));
  const widths = columnWidths(lanes, rows, width - timeWidth);
  const lines = widths === undefined
    ? drawList(lanes, rows, timeWidth, width)
    : drawColumns(lanes, rows, timeWidth, widths);
  const left = all.length - rows.length;
  return left === 0
    ? lines
    : [...lines, ...wrap(`… ${left} later events left out; --format json has all`, width)];
}

function rowsOf(lanes: readonly Lane[]): Row[] {
  return lanes.flatMap(({ count, moments }, lane) =>
    moments.map((moment) => ({
      time: timeText(moment.fromMs),
      lane,
      moment,
      text: cell(moment, count),
    }))
  ).toSorted((a, b) => a.moment.fromMs - b.moment.fromMs);
}

const timeText = (ms: number) => ms.toFixed(1);

function cell({ event, detail, fromMs, toMs }: Moment, count: number): string {
  const until = timeText(toMs) === timeText(fromMs) ? "" : ` (last at ${timeText(toMs)})`;
  return oneLine(`${event}${count > 1 ? ` ×${count}` : ""}${until} ${detail}`);
}

/** The width of each lane's column, or undefined when they do not fit beside each other. */
function columnWidths(
  lanes: readonly Lane[],
  rows: readonly Row[],
  room: number,
): number[] | undefined {
  const needed = lanes.map(({ label }) => textWidth(oneLine(label)));
  for (const { lane, text } of rows) needed[lane] = Math.max(needed[lane] ?? 0, textWidth(text));
  // Whoever needs less than an equal share leaves the rest to the others.
  const widths: number[] = [];
  let left = room - GAP.length * lanes.length;
  const byNeed = needed.map((need, lane) => ({ need, lane })).sort((a, b) => a.need - b.need);
  for (const [index, { need, lane }] of byNeed.entries()) {
    const share = Math.floor(left / (lanes.length - index));
    if (share < Math.min(need, NARROWEST_COLUMN)) return undefined;
    widths[lane] = Math.min(need, share);
    left -= Math.min(need, share);
  }
  return widths;
}

function drawColumns(
  lanes: readonly Lane[],
  rows: readonly Row[],
  timeWidth: number,
  widths: readonly number[],
): string[] {
  const line = (time: string, cells: readonly string[]) =>
    [time.padStart(timeWidth), ...cells.map((text, lane) => padEnd(text, widths[lane] ?? 0))]
      .join(GAP).trimEnd();
  const header = lanes.map(({ label }, lane) => wrap(oneLine(label), widths[lane] ?? 0));
  const tall = Math.max(...header.map((parts) => parts.length));
  const lines = Array.from(
    { length: tall },
    (_, at) => line(at === 0 ? "ms" : "", header.map((parts) => parts[at] ?? "")),
  );
  const lastRow = lanes.map((_, lane) => rows.findLastIndex((row) => row.lane === lane));
  const firstRow = lanes.map((_, lane) => rows.findIndex((row) => row.lane === lane));
  for (const [index, row] of rows.entries()) {
    for (const [at, part] of wrap(row.text, widths[row.lane] ?? 0).entries()) {
      const cells = lanes.map((_, lane) => {
        if (lane === row.lane) return part;
        return (firstRow[lane] ?? 0) < index && index < (lastRow[lane] ?? 0) ? "│" : "";
      });
      lines.push(line(at === 0 ? row.time : "", cells));
    }
  }
  return lines;
}

function drawList(
  lanes: readonly Lane[],
  rows: readonly Row[],
  timeWidth: number,
  width: number,
): string[] {
  const labels = lanes.map(({ label }) => oneLine(label));
  const longest = Math.max(...labels.map(textWidth));
  const aside = timeWidth + longest + 2 * GAP.length <= width / 2;
  return [
    `${"ms".padStart(timeWidth)}${GAP}lane`,
    ...rows.flatMap(({ time, lane, text }) => {
      const label = labels[lane] ?? "";
      const first = time.padStart(timeWidth) + GAP;
      return aside
        ? indented(text, width, first + padEnd(label, longest) + GAP)
        : indented(`${label}: ${text}`, width, first);
    }),
  ];
}
