// The first page: what this is, the two commands, what they show, and a slow origin to try.

import { html } from "hono/html";
import type { Result } from "../lab/result.ts";
import type { Scenario } from "../lab/scenario.ts";
import type { OriginLimits } from "./limits.ts";
import { originSection } from "./origin_section.ts";
import type { Html } from "./page.ts";
import { caseTable, provenance } from "./result_table.ts";
import { comparePair } from "./timeline_figure.ts";

/** A server that can be reached, to be linked. */
export interface Link {
  /** What it is called. */
  name: string;
  /** Where it is; `http:` or `https:`. */
  url: string;
}

/** What the first page is drawn from. */
export interface IndexContent {
  /** The scenarios to show, in this order. */
  scenarios: readonly Scenario[];
  /** The result to draw. */
  result: Result;
  /** What the slow origin allows. */
  limits: Readonly<OriginLimits>;
  /** Servers that run beside the site. */
  links: readonly Link[];
  /** Where the video host is; undefined where there is none. */
  videoPath: string | undefined;
  /** Where the Durable Object host is; undefined where there is none. */
  wsPath: string | undefined;
  /** The site's own scheme, host and port, for command lines. */
  base: string;
}

/** The parts of the first page that can be jumped to. */
export const INDEX_NAVIGATION: readonly { href: string; text: string }[] = [
  { href: "#commands", text: "Commands" },
  { href: "#glance", text: "Bug and fix" },
  { href: "#scenarios", text: "Results" },
  { href: "#origin", text: "Slow origin" },
];

// Outside the template, where the formatter would indent them.
const PROBE_COMMANDS = [
  "npx --yes deno@2.9.6 task serve slow-origin",
  "npx --yes deno@2.9.6 task probe cache-lock \\",
  "  --target http://127.0.0.1:7001 \\",
  "  --origin http://127.0.0.1:8000",
].join("\n");

/** The content of the first page. */
export function indexMain(content: IndexContent): Html {
  const { scenarios, result, limits, links, videoPath, wsPath, base } = content;
  return html`
    <h1>A lab for stuck I/O at the edge</h1>
    <p
      class="lead">One side of an exchange is gone, and the other keeps holding a lock, a socket, a body
    or a reply. edge-repro shows such bugs on a laptop in seconds, and aims the same probe at your own
    proxy, object store, WebSocket server or S3 gateway.</p>
    ${linkSection(links)} ${videoSection(videoPath)} ${wsSection(wsPath)}
    <section aria-labelledby="commands">
      <h2 id="commands">Two commands</h2>
      <p>With Node.js and npm, or with Deno, and a copy of the repository.</p>
      <h3>See the bug, and the same server without it</h3>
      <pre tabindex="0"><code>npx --yes deno@2.9.6 task repro</code></pre>
      <h3>Aim the probe at your proxy</h3>
      <p>Let it fetch from our slow origin, then ask:</p>
      <pre tabindex="0"><code>${PROBE_COMMANDS}</code></pre>
      <p>Exit code 0 is healthy, 1 the bug, 3 a run that cannot tell, with the reason.</p>
    </section>
    ${scenarios.map((scenario) => comparePair(scenario, result)).find((figure) => figure) ?? ""}
    <section aria-labelledby="scenarios">
    <h2 id="scenarios">What the last release’s run showed</h2>
    ${provenance(result)}
    ${scenarios.map((scenario) => scenarioPart(scenario, result))}
    </section>
    ${originSection(limits, base)}
  `;
}

function linkSection(links: readonly Link[]): Html | "" {
  if (links.length === 0) return "";
  return html`
    <section aria-labelledby="running">
      <h2 id="running">Running beside this page</h2>
      <ul>${links.map(({ name, url }) => html`<li>${name}: <a href="${url}">${url}</a></li>`)}</ul>
    </section>
  `;
}

function videoSection(path: string | undefined): Html | "" {
  if (path === undefined) return "";
  return html`<p><a href="${path}">Watch a stale read in this browser</a>: a clip that waits, or does
not, behind a download that nobody reads, in an object store that the operator of this site chose.</p>`;
}

function wsSection(path: string | undefined): Html | "" {
  if (path === undefined) return "";
  return html`<p><a href="${path}">Talk to a Durable Object that hibernates</a>: its client in this
browser, each answer with its time or shown as lost, and the object’s life as its host sees it.</p>`;
}

function scenarioPart(scenario: Scenario, result: Result): Html {
  return html`<h3 id="${scenario.id}"><code>${scenario.id}</code> ${scenario.title}</h3>
<p>${scenario.summary}</p>
<p class="note">Reported in: ${scenario.source}.</p>
${caseTable(scenario, result)}`;
}
