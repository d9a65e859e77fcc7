// The page at work: fields and buttons make requests, and what comes of them is shown.

import { refusalOf } from "./address.js";
import { Conversation } from "./conversation.js";
import { at, setText } from "./element.js";
import { wireFields } from "./fields.js";
import { Heart } from "./heart.js";
import { drawLanes } from "./lanes.js";
import { showPanel } from "./panel.js";
import { Rows } from "./rows.js";
import { Connection } from "./socket.js";
import { Watched } from "./watched.js";

/** How often what only time changes is drawn anew, in milliseconds. */
const TICK_MS = 100;
/** How many messages a burst has. */
const BURST = 100;
/** What the runtime itself answers, to the letter. */
const AUTO_PING = JSON.stringify({ type: "auto_ping" });

let lostAfterMs = 3_000;
/** When the connection was begun, and when anything was last sent or came, on the page's clock. */
let beganMs, trafficMs = 0;
let welcome, holds = false, drawnAtRest;

const watched = new Watched();
const rows = new Rows(() => lostAfterMs);
const talk = new Conversation((entry) => rows.changed(entry));
const heart = new Heart(() => ask("heartbeat"));
const connection = new Connection({
  begin() {
    beganMs = performance.now();
    welcome = undefined;
    holds = false;
    talk.begin(beganMs);
    watched.life.countAnew();
    say("");
  },
  message: hear,
  close() {
    talk.end();
    heart.stop();
    tick();
  },
});

/** Sends a request and gives its exchange; undefined where nothing is open. */
function ask(kind, content) {
  if (connection.phase !== "open") return undefined;
  trafficMs = performance.now();
  const exchange = talk.add(kind, trafficMs, content);
  connection.send(
    kind === "auto_ping" ? AUTO_PING : JSON.stringify({ type: kind, id: exchange.id, content }),
  );
  return exchange;
}

function burst() {
  const contents = Array.from({ length: BURST }, (_, index) => `burst ${index + 1}`);
  trafficMs = performance.now();
  for (const { id, content } of talk.addBurst(contents, trafficMs)) {
    connection.send(JSON.stringify({ type: "message", id, content }));
  }
}

function hear(data) {
  const nowMs = performance.now();
  const { type, message } = talk.hear(data, nowMs);
  if (type !== "auto_pong") trafficMs = nowMs;
  if (type !== "welcome") return;
  welcome = message;
  heart.start(nowMs);
  tick();
}

/** What each button does. All of them need an open connection. */
const ACTS = {
  ping: () => ask("ping"),
  beat: () => heart.sent(ask("heartbeat")),
  burst,
  auto: () => ask("auto_ping"),
  hold() {
    holds = !holds;
    ask(holds ? "hold" : "release");
  },
  idle() {
    heart.pause();
    tick();
  },
};

function act(button, does) {
  if (button.getAttribute("aria-disabled") === "true") {
    return say(
      connection.phase === "open"
        ? "Not now: this server does not know that request."
        : "Not now: nothing is connected.",
    );
  }
  say("");
  // Who speaks again is idle no more; an auto-ping wakes nobody.
  if (button.id !== "idle" && button.id !== "auto") heart.resume(performance.now());
  does();
}

async function connect() {
  const url = at("url").value.trim();
  const refusal = refusalOf(url);
  if (refusal !== undefined) return say(refusal);
  // The host is listened to first, so that nothing of the object's life is missed.
  await watched.listenTo(url);
  connection.connect(url);
}

function say(text) {
  setText(at("said"), text);
  at("said").classList.toggle("failed", text !== "");
}

function tick() {
  const nowMs = performance.now();
  talk.sweep(nowMs, lostAfterMs);
  heart.tick(nowMs);
  showPanel({ connection, talk, watched, heart, welcome, holds, trafficMs }, nowMs);
  if (!document.hidden) drawTime(nowMs);
}

/** Draws the last minute. When nothing happens any more it comes to rest. */
function drawTime(nowMs) {
  const { phase, retries } = connection;
  const atRest = (phase === "none" || phase === "closed") && !retries
    ? `${phase} ${beganMs} ${watched.tells}`
    : undefined;
  if (atRest !== undefined && atRest === drawnAtRest) return;
  drawnAtRest = atRest;
  drawLanes(at("lanes"), {
    beganMs: beganMs ?? nowMs,
    nowMs,
    exchanges: talk.exchanges.filter(({ kind }) => kind !== "connect"),
    object: watched.lane(),
  });
}

function listen() {
  at("connection").addEventListener("submit", (event) => {
    event.preventDefault();
    connect();
  });
  at("disconnect").addEventListener("click", () => connection.close());
  at("again").addEventListener("change", ({ target }) => connection.again = target.checked);
  at("say").addEventListener("submit", (event) => {
    event.preventDefault();
    const content = at("content").value || "hello";
    act(at("say").querySelector("button"), () => ask("message", content));
    at("content").select();
  });
  for (const [id, does] of Object.entries(ACTS)) {
    at(id).addEventListener("click", () => act(at(id), does));
  }
}

if (new URL(".", location.href).pathname !== "/") at("brand").href = "/";
wireFields({
  heartbeatEvery: (ms) => heart.setEvery(ms, performance.now()),
  lostAfter: (ms) => lostAfterMs = ms,
});
listen();
tick();
setInterval(tick, TICK_MS);
// So that the picture is there before the first connection; where none is told of, nothing is lost.
watched.listenTo(at("url").value);
