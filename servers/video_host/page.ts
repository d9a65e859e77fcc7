// The host's one page, and the files that it loads: all from the host itself.

import { html } from "hono/html";
import { formatDuration } from "../../lab/duration.ts";
import type { VideoHostLimits } from "./limits.ts";
import app from "./page/app.js" with { type: "text" };
import facts from "./page/facts.js" with { type: "text" };
import favicon from "../../look/favicon.svg" with { type: "text" };
import lanes from "./page/lanes.js" with { type: "text" };
import player from "./page/player.js" with { type: "text" };
import steps from "./page/steps.js" with { type: "text" };
import base from "../../look/base.css" with { type: "text" };
import ownStyle from "./page/style.css" with { type: "text" };
import verdict from "./page/verdict.js" with { type: "text" };
import type { Step } from "./state.ts";

const SCRIPT = "text/javascript; charset=utf-8";

/** What the page loads: by path, its content and type. */
export const PAGE_FILES: Readonly<Record<string, { type: string; text: string }>> = {
  "/style.css": { type: "text/css; charset=utf-8", text: base + ownStyle },
  "/app.js": { type: SCRIPT, text: app },
  "/facts.js": { type: SCRIPT, text: facts },
  "/lanes.js": { type: SCRIPT, text: lanes },
  "/player.js": { type: SCRIPT, text: player },
  "/steps.js": { type: SCRIPT, text: steps },
  "/verdict.js": { type: SCRIPT, text: verdict },
  "/favicon.svg": { type: "image/svg+xml", text: favicon },
};

/** What the page says of each step. */
const STEPS: readonly { step: Step; title: string; text: string }[] = [
  { step: "upload", title: "Upload the clip", text: "A new object with a name of its own." },
  {
    step: "abandon",
    title: "Start a download, read nothing",
    text: "The host asks for the clip and leaves the answer unread.",
  },
  { step: "play", title: "Play the video", text: "This page asks for the same clip." },
  {
    step: "close",
    title: "Close the unread download",
    text: "What a careful program does at once.",
  },
  { step: "delete", title: "Delete the clip", text: "Nothing is left in the bucket." },
];

/** What the page is drawn from. */
export interface PageContent {
  /** The path that the host is mounted on; empty for none. */
  basePath: string;
  /** What strangers may do, where that is limited. */
  limits: VideoHostLimits | undefined;
}

/** The page: a whole document. It has no inline style or script. */
export function renderPage({ basePath, limits }: PageContent): ReturnType<typeof html> {
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="description" content="Shows what one unread download does to everyone else.">
        <title>The download that nobody reads · edge-repro</title>
        <link rel="icon" href="favicon.svg" type="image/svg+xml">
        <link rel="stylesheet" href="style.css">
        <script type="module" src="app.js"></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
          ${basePath === "" ? html`<span class="brand">edge-repro</span>` : html`
            <a class="brand" href="/">edge-repro</a>
          `}
          <span class="soft">stale-read: the video host</span>
        </header>
        <main id="main">
          <h1>The download that nobody reads</h1>
          <p class="lead">A program starts to download this clip and reads none of it. Does the video still
            play? A healthy store plays it at once. One with the bug lets nobody in that region read the clip
            until that download is closed, or the store gives up.</p>
          <noscript><p class="said failed">This page needs its script: it plays the video and shows what
            the store does.</p></noscript>
          <div class="stage">
            <section class="screen" aria-labelledby="screen-title">
              <h2 id="screen-title" class="hidden">The video</h2>
              <div class="frame">
                <video id="video" muted playsinline loop preload="auto"
                  aria-label="The clip: a ring that fills in six seconds"></video>
                <div id="curtain" class="curtain" aria-hidden="true">
                  <span id="curtain-time" class="curtain-time"></span>
                  <span id="curtain-text"></span>
                </div>
              </div>
              <p id="verdict" class="verdict" role="status" data-kind="idle"></p>
              <div id="lanes" class="lanes" aria-hidden="true"></div>
              <section class="reads" aria-labelledby="reads-title">
                <h2 id="reads-title">Open reads of the clip</h2>
                <div id="reads"></div>
              </section>
            </section>
            <section class="steps" aria-labelledby="steps-title">
              <h2 id="steps-title">The story</h2>
              <button id="story" class="primary" type="button" aria-describedby="story-text story-why">
                Tell the whole story
              </button>
              <p class="note"><span id="story-text">Steps 1 to 3, with a second
                between 1 and 2.${basePath === ""
                  ? " Enter in the terminal does the same."
                  : ""}</span>
                <span id="story-why" class="why"></span></p>
              <ol>${STEPS.map(stepItem)}</ol>
              <p id="said" class="said" role="status"></p>
            </section>
          </div>
          <div class="facts">
            <section aria-labelledby="clip-title">
              <h2 id="clip-title">The clip in the store</h2>
              <dl id="clip"></dl>
            </section>
            <section aria-labelledby="events-title">
              <h2 id="events-title">What the video element says</h2>
              <dl id="events" class="events"></dl>
            </section>
          </div>
          ${explanation(limits)}
        </main>
        <footer>
          <p>edge-repro, MIT licence. This page sets no cookies. It asks no host for anything but its own and
            the store that it names.</p>
        </footer>
      </body>
    </html>
  `;
}

function stepItem({ step, title, text }: (typeof STEPS)[number]): ReturnType<typeof html> {
  return html`
    <li>
      <button id="${step}" type="button"
        aria-describedby="${step}-text ${step}-why">${title}</button>
      <p
        class="note"><span id="${step}-text">${text}</span> <span id="${step}-why" class="why"></span></p>
    </li>
  `;
}

function explanation(limits: VideoHostLimits | undefined): ReturnType<typeof html> {
  const limited = limits && html`
    <p>Anyone may use this page, so it is bounded: one step at a time, ${limits
      .uploadsPerMinute} uploads a
      minute, and a clip is deleted after ${formatDuration(limits.deleteAfterMs)}.</p>
  `;
  return html`
    <section class="explanation" aria-labelledby="explanation-title">
      <h2 id="explanation-title">What you see here</h2>
      <p>The host uploads a clip of 6 seconds, made long with padding so that no buffer on the way can
        hold it whole. A second later it sends a GET for it and never reads the answer’s body. The connection
        stays open, the store can send no more, and it waits. Right after that this page asks for the same
        object, as any viewer would.</p>
      <p>A user of Cloudflare R2 reported that every other read of the object in that region then hangs,
        until the first connection is closed, or for up to 60 seconds as reported. The reporter’s explanation, a lock
        held by the unread download, is an assumption that Cloudflare has not confirmed.</p>
      <p><strong>The embedded store is a model</strong> of what that report saw and assumed. Its variant
        <code>bug</code> has such a lock, its variant <code>fix</code> lets reads share the object. A
        program can also mend it on its own side, by closing a body that it does not read
        (<code>--close-body</code>).</p>
      ${limited ?? ""}
    </section>
  `;
}
