// The part of the first page that invites to try the slow origin, and says what it allows.

import { html } from "hono/html";
import { formatDuration } from "../lab/duration.ts";
import type { OriginLimits } from "./limits.ts";
import type { Html } from "./page.ts";

/** One thing to try. */
interface Trial {
  /** What it does. */
  text: string;
  /** Path and query below `/origin`. */
  target: string;
  /** Flags for curl before the URL. */
  flags: string;
}

const TRIALS: readonly Trial[] = [
  { text: "Answers after two seconds", target: "/hello?sleep=2", flags: "-i" },
  {
    text: "Sends its body in six chunks, one every half second",
    target: "/drip?sleep=0&size=600&chunks=6&pace=0.5",
    flags: "-iN",
  },
  { text: "Answers with status 503", target: "/down?sleep=0.2&status=503", flags: "-i" },
  {
    text: "Stalls in the middle of its body",
    target: "/stall?sleep=0&size=200&fault=stall-mid-body",
    flags: "-iN",
  },
  { text: "Never answers, until the limit ends it", target: "/hang?fault=hang", flags: "-i" },
];

/** The invitation to try the slow origin. `base` is the site's scheme, host and port. */
export function originSection(limits: Readonly<OriginLimits>, base: string): Html {
  return html`
    <section aria-labelledby="origin">
      <h2 id="origin">Try the slow origin</h2>
      <p>Below <code>/origin/</code> every path answers, as slowly and as badly as the request asks. It is
    what stands behind a proxy under test. A control is a query parameter, or a header of the same name
    with <code>x-set-</code> before it: <code>x-set-sleep: 0.5</code>.</p>
      <ul class="trials">${TRIALS.map((trial) => trialItem(trial, base))}</ul>
      <h3>What it allows</h3>
      <p>Anyone can ask, so this one is bounded. What is over a limit is refused with the limit’s name.</p>
      <table role="table" class="limits">
        <caption>Limits of the slow origin on this site</caption>
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">What</th>
            <th role="columnheader" scope="col">At most</th>
            <th role="columnheader" scope="col">Over it</th>
          </tr>
        </thead>
        <tbody role="rowgroup">${rowsOf(limits).map(([what, most, over]) =>
          html`
            <tr role="row">
              <th role="rowheader" scope="row">${what}</th>
              <td role="cell" data-label="At most">${most}</td>
              <td role="cell" data-label="Over it">${over}</td>
            </tr>
          `
        )}</tbody>
      </table>
      <p>Here it keeps no log that could be read, and it cannot close or reset connections before its answer
    (<code>fault=close</code>, <code>fault=reset</code>: 501). <code>edge-repro serve slow-origin</code> on
    your machine does both and has no limits.</p>
    </section>
  `;
}

function trialItem({ text, target, flags }: Trial, base: string): Html {
  const path = `/origin${target}`;
  return html`<li><a href="${path}">${text}</a>
<pre tabindex="0"><code>curl ${flags} '${base}${path}'</code></pre></li>`;
}

function rowsOf(limits: Readonly<OriginLimits>): [string, string, string][] {
  const { maxDelayMs, maxBodyBytes, maxOpen, maxTotalMs } = limits;
  return [
    ["Delay of one answer, pauses included", formatDuration(maxDelayMs), "400"],
    ["Hang or stall", formatDuration(maxDelayMs), "504, or the body ends"],
    ["Body, sent or received", sizeText(maxBodyBytes), "400, or 413 for an upload"],
    ["Open requests at one time", String(maxOpen), "503"],
    ["One request in all", formatDuration(maxTotalMs), "408, or the body ends"],
  ];
}

function sizeText(bytes: number): string {
  return bytes % 2 ** 20 === 0 ? `${bytes / 2 ** 20} MiB` : `${bytes} bytes`;
}
