// The page at work: the host's state comes in, the video follows it, and both are shown.

import { showClip, showEvents, showReads } from "./facts.js";
import { drawLanes } from "./lanes.js";
import { Player } from "./player.js";
import { wireSteps } from "./steps.js";
import { seconds, verdictOf } from "./verdict.js";

/** How often what only time changes is drawn anew, in milliseconds. */
const TICK_MS = 100;
/** For how long the drawing goes on after the last thing that happened, in milliseconds. */
const REST_MS = 6_000;
/** How long a page that was refused waits until it asks again, in milliseconds. */
const AGAIN_MS = 5_000;

const at = (id) => document.getElementById(id);
const player = new Player(at("video"), () => show());
const showSteps = wireSteps((message) => say(message, true));

let state, receivedMs = 0, played = 0, said;
/** The verdict on a load that has its first frame, and the time of that frame, which tells the load. */
let judged = { frameMs: undefined };

/**
 * The times of the unread download on the page's clock: each as it was first told, which is at once,
 * so that they stand still and do not depend on how fast the host's time runs.
 */
let unread = {};

function learnUnread(told) {
  if (told === null) return unread = {};
  if (unread.nth !== told.nth) unread = { nth: told.nth };
  const past = (agoMs) => agoMs === null ? undefined : receivedMs - agoMs;
  unread.askedMs ??= past(told.askedAgoMs);
  unread.openedMs ??= past(told.openedAgoMs);
  unread.closedMs ??= past(told.closedAgoMs);
}

function take(next) {
  state = next;
  receivedMs = performance.now();
  learnUnread(state.unread);
  // A refusal stays until something else has happened.
  if (said !== state.last.text) say(state.last.text, state.last.failed);
  said = state.last.text;
  showSteps(state);
  follow();
  show();
}

/** Plays what the host says is to be played. */
async function follow() {
  const { play, clip } = state;
  if (play === null || clip === null) {
    played = 0;
    return player.stop();
  }
  if (play.nth === played) return;
  played = play.nth;
  try {
    const response = await fetch("api/video-url");
    const { url } = await response.json();
    if (url !== undefined && played === play.nth) player.start(url);
  } catch {
    say("Cannot ask the host where the clip is", true);
  }
}

/**
 * The verdict is settled when a frame is there. The host is asked for that how things are, so that
 * what it did just before is known.
 */
async function judge() {
  const { frameMs } = player;
  judged = { frameMs };
  const askedMs = performance.now();
  try {
    const response = await fetch("api/state", { headers: { accept: "application/json" } });
    const now = await response.json();
    if (player.frameMs === frameMs) take(now);
  } catch {
    // Without the host what is known has to do.
  }
  if (player.frameMs !== frameMs) return;
  const nowMs = performance.now();
  judged = { frameMs, verdict: verdictOf({ ...seenAt(nowMs), doubtMs: nowMs - askedMs }) };
  show();
}

function seenAt(nowMs) {
  return { nowMs, ...player.times(), ...unread };
}

function show() {
  if (state === undefined) return;
  const nowMs = performance.now(), sinceMs = nowMs - receivedMs;
  const { frameMs } = player;
  if (frameMs !== undefined && judged.frameMs !== frameMs) judge();
  const seen = seenAt(nowMs);
  const settled = judged.frameMs === frameMs ? judged.verdict : undefined;
  const { kind, text } = settled ?? verdictOf({ ...seen, frameMs: undefined });
  setText(at("verdict"), text);
  at("verdict").dataset.kind = kind;
  showCurtain(seen, kind);
  showLanes(seen);
  showClip(at("clip"), state, sinceMs);
  showReads(at("reads"), state, sinceMs);
  showEvents(at("events"), player.events);
}

function showCurtain({ nowMs, startedMs, frameMs }, kind) {
  at("curtain").hidden = frameMs !== undefined;
  // Before the first frame there is nothing to control, and the browser would draw over the curtain.
  at("video").controls = frameMs !== undefined;
  at("curtain").dataset.kind = kind;
  setText(at("curtain-time"), startedMs === undefined ? "" : seconds(nowMs - startedMs));
  setText(at("curtain-text"), startedMs === undefined ? "No clip yet" : "and no frame");
}

function showLanes({ nowMs, startedMs, frameMs, askedMs, closedMs }) {
  const startMs = Math.min(askedMs ?? Infinity, startedMs ?? Infinity);
  if (startMs === Infinity) return at("lanes").replaceChildren();
  const over = frameMs !== undefined && (askedMs === undefined || closedMs !== undefined);
  // When nothing happens any more the drawing comes to rest.
  const endMs = over ? Math.min(nowMs, Math.max(frameMs, closedMs ?? 0) + REST_MS) : nowMs;
  const unread = askedMs === undefined
    ? []
    : [{ kind: "present", fromMs: askedMs, toMs: closedMs ?? endMs }];
  const video = startedMs === undefined ? [] : [
    { kind: "held", fromMs: startedMs, toMs: frameMs ?? endMs },
    ...(frameMs === undefined ? [] : [{ kind: "plays", fromMs: frameMs, toMs: endMs }]),
  ];
  drawLanes(
    at("lanes"),
    [
      {
        title: closedMs === undefined ? "Unread download: open" : "Unread download: closed",
        parts: unread,
      },
      { title: frameMs === undefined ? "Video: waits for a frame" : "Video: plays", parts: video },
    ],
    startMs,
    endMs,
  );
}

function say(text, failed) {
  setText(at("said"), text);
  at("said").classList.toggle("failed", failed);
}

/** Leaves a text alone that is there already: a live region would be read out again. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function listen() {
  const feed = new EventSource("api/state");
  feed.addEventListener("message", ({ data }) => take(JSON.parse(data)));
  feed.addEventListener("error", () => {
    said = undefined;
    showSteps(undefined);
    say("The host cannot be reached. The page tries again by itself.", true);
    // A browser tries again after a lost connection, but not after a refusal.
    if (feed.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN_MS);
  });
}

listen();
setInterval(show, TICK_MS);
