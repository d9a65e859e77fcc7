// Two timelines one above the other, bug and fix at the same scale, so that one sees the difference.

import { html } from "hono/html";
import { formatDuration } from "../lab/duration.ts";
import type { Result, Run } from "../lab/result.ts";
import type { Scenario } from "../lab/scenario.ts";
import type { Variant } from "../lab/verdict.ts";
import type { Html } from "./page.ts";

/** One connection over time, in milliseconds since the run began. */
export interface Span {
  /** The timeline's lane. */
  lane: string;
  /** When its request was sent. */
  fromMs: number;
  /** When its client left, if it did. */
  leftMs: number | undefined;
  /** When it was over, or the run was. */
  toMs: number;
  /** Whether it was answered whole or closed by the server; otherwise the run ended before. */
  over: boolean;
}

/** What begins a connection's span, what ends it, and what its client leaves by. */
const BEGINS = "request-sent";
const LEAVES: ReadonlySet<string> = new Set(["fin-sent"]);
const ENDS: ReadonlySet<string> = new Set(["answer-complete", "server-closed"]);

/** The connections of a run, in order of their first event; other lanes are left out. */
export function spansOf({ timeline }: Pick<Run, "timeline">): Span[] {
  const lanes = Map.groupBy(timeline, (event) => event.lane);
  const lastMs = timeline.at(-1)?.atMs ?? 0;
  return [...lanes].flatMap(([lane, events]) => {
    const begin = events.find(({ event }) => event === BEGINS);
    const end = events.findLast(({ event }) => ENDS.has(event));
    if (begin === undefined) return [];
    const left = events.find(({ event }) => LEAVES.has(event));
    return [{
      lane,
      fromMs: begin.atMs,
      leftMs: left?.atMs,
      toMs: end?.atMs ?? lastMs,
      over: end !== undefined,
    }];
  });
}

const TITLES: Readonly<Record<Variant, string>> = {
  bug: "Bug: the proxy holds readers that have left",
  fix: "Fix: it lets them go",
};

/**
 * The headline case of a scenario in both variants, drawn at one scale; undefined when the result does
 * not have both, or has no connections to draw.
 */
export function comparePair(scenario: Scenario, result: Result): Html | undefined {
  const runs = result.runs.filter((run) =>
    run.scenario === scenario.id && run.case === scenario.headline
  );
  const drawings = (["bug", "fix"] as const).flatMap((variant) => {
    const run = runs.find((candidate) => candidate.variant === variant);
    const spans = run === undefined ? [] : spansOf(run);
    const startMs = Math.min(...spans.map((span) => span.fromMs));
    return run === undefined || spans.length === 0 ? [] : [{ variant, run, spans, startMs }];
  });
  if (drawings.length < 2) return undefined;
  const longestMs = Math.max(
    ...drawings.flatMap(({ spans, startMs }) => spans.map((span) => span.toMs - startMs)),
  );
  return html`<section aria-labelledby="glance">
<h2 id="glance">Bug and fix at a glance</h2>
<p>The case <code>${scenario.id}/${scenario.headline}</code>: one writer makes the proxy fetch, the
readers wait for it and then leave by sending FIN. The same probe, the same moments, from the saved
result below.</p>
${
    drawings.map(({ variant, run, spans, startMs }) =>
      html`<figure>
<figcaption><strong>${TITLES[variant]}.</strong> ${sentence(run.reason)}</figcaption>
${drawing({ variant, spans, startMs, endMs: startMs + longestMs, thresholdMs: thresholdOf(run) })}
</figure>`
    )
  }
${legend()}
</section>`;
}

const sentence = (text: string) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;

function thresholdOf({ params }: Run): number | undefined {
  return typeof params.thresholdMs === "number" ? params.thresholdMs : undefined;
}

interface Drawing {
  variant: Variant;
  spans: readonly Span[];
  /** What stands at the left edge. */
  startMs: number;
  /** What stands at the right edge. */
  endMs: number;
  /** How long after a client left it must have been let go. */
  thresholdMs: number | undefined;
}

/** Pixels: a lane has its words above its bar. */
const LANE = 40, BAR_TOP = 20, BAR = 12, AXIS = 24;

// Horizontal places are percentages and no viewBox scales the drawing, so that its words keep their
// size on a narrow screen.
function drawing(given: Drawing): Html {
  const { variant, spans, startMs, endMs } = given;
  const height = spans.length * LANE + AXIS;
  const at = (ms: number) => percent((ms - startMs) / (endMs - startMs));
  const width = (fromMs: number, toMs: number) => percent((toMs - fromMs) / (endMs - startMs));
  const bottom = spans.length * LANE;
  const hatch = `hatch-${variant}`;
  const bars = spans.map(({ fromMs, leftMs, toMs }, index) => {
    const y = index * LANE + BAR_TOP;
    const presentTo = leftMs ?? toMs;
    return html`
      <rect class="present" x="${at(fromMs)}" width="${width(fromMs, presentTo)}" y="${y}"
        height="${BAR}" />${leftMs === undefined ? "" : html`
          <rect class="held-ground" x="${at(leftMs)}" width="${width(leftMs, toMs)}" y="${y}"
            height="${BAR}" />
          <rect fill="url(#${hatch})" x="${at(leftMs)}" width="${width(leftMs, toMs)}" y="${y}"
            height="${BAR}" />
          <line class="left" x1="${at(leftMs)}" x2="${at(leftMs)}" y1="${y - 3}" y2="${y + BAR +
            3}" />
        `}<text x="0" y="${y - 6}">${words(spans[index])}</text>
    `;
  });
  return html`<svg class="timeline" role="img" aria-label="${
    describe(variant, spans)
  }" width="100%" height="${height}">
<defs><pattern id="${hatch}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch" width="3" height="6"/></pattern></defs>
${thresholdMark(given, at, bottom)}
${bars}
<line class="axis" x1="0" x2="100%" y1="${bottom}" y2="${bottom}"/>
${
    ticks(endMs - startMs).map((ms) =>
      html`
        <line class="axis" x1="${at(startMs + ms)}" x2="${at(
          startMs + ms,
        )}" y1="${bottom}" y2="${bottom + 5}" />
        <text class="tick" x="${at(startMs + ms)}" y="${bottom + 18}" text-anchor="${ms === 0
          ? "start"
          : "middle"}">${ms} ms</text>
      `
    )
  }
</svg>`;
}

const percent = (part: number) => `${Number((part * 100).toFixed(2))}%`;

/** The last moment at which a healthy target has let go of the first client that left. */
function thresholdMark(
  { spans, endMs, thresholdMs }: Drawing,
  at: (ms: number) => string,
  bottom: number,
) {
  const index = spans.findIndex((span) => span.leftMs !== undefined);
  const left = spans[index]?.leftMs;
  if (thresholdMs === undefined || left === undefined || left + thresholdMs > endMs) return "";
  const x = at(left + thresholdMs);
  return html`
    <line class="threshold" x1="${x}" x2="${x}" y1="${index * LANE + BAR_TOP - 5}" y2="${bottom}" />
  `;
}

function words(span: Span | undefined): string {
  if (span === undefined) return "";
  const { lane, leftMs, toMs, fromMs, over } = span;
  const name = lane.replace("-", " ");
  if (leftMs === undefined) {
    return over
      ? `${name}: answered after ${formatDuration(toMs - fromMs)}`
      : `${name}: the run ended before its answer`;
  }
  const later = formatDuration(toMs - leftMs);
  return `${name}: left, ${over ? `closed ${later} later` : `held for all of ${later}`}`;
}

function describe(variant: Variant, spans: readonly Span[]): string {
  return `Timeline of variant ${variant}. ${spans.map((span) => `${words(span)}.`).join(" ")}`;
}

/** Round times for the axis, from 0: three or four of them. */
function ticks(lengthMs: number): number[] {
  const rough = lengthMs / 3.5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  // The last one keeps its distance from the right edge, where its words would be cut.
  const count = Math.floor((lengthMs * 0.95) / step);
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}

function legend(): Html {
  return html`
    <ul class="legend">
      <li><svg width="28" height="14" aria-hidden="true"><rect class="present" y="1" width="28" height="12"/></svg> the client is there</li>
      <li><svg width="28" height="14" aria-hidden="true"><rect class="held-ground" y="1" width="28" height="12"/><rect fill="url(#hatch-bug)" y="1" width="28" height="12"/></svg> the client has left, the proxy holds on</li>
      <li><svg width="28" height="14" aria-hidden="true"><line class="threshold" x1="14" x2="14" y1="0" y2="14"/></svg> when a healthy proxy has let go</li>
    </ul>
  `;
}
