// How things are, in words and numbers: the connection, the verdict, the counts, what can be done.

import { at, setText } from "./element.js";
import { hintOf } from "./hint.js";
import { short } from "./rows.js";
import { closingOf, verdictOf } from "./verdict.js";

const ACCEPTED = { hibernation: "with hibernation", plain: "plainly, with accept()" };

/**
 * Shows all that is known at one moment.
 *
 * @param {object} seen The `connection`, the conversation (`talk`), the `watched` object, the `heart`, the
 * `welcome` where it has come, whether a timer is held (`holds`), and when anything was last sent or came
 * (`trafficMs`).
 * @param {number} nowMs On the page's clock, as `trafficMs` is.
 */
export function showPanel(seen, nowMs) {
  const { connection, talk, watched, welcome } = seen;
  const { phase } = connection;
  const { tells, life } = watched;
  const counts = talk.counts();
  const { kind, text } = verdictOf({
    phase,
    counts,
    welcomed: welcome !== undefined,
    reached: talk.reached,
    host: tells ? life : undefined,
  });
  setText(at("verdict"), text);
  at("verdict").dataset.kind = kind;
  setText(at("status"), statusOf(connection));
  at("status").dataset.phase = phase;
  setText(at("unanswered"), String(counts.waiting + counts.lost + counts.cut));
  at("unanswered").dataset.lost = String(counts.lost > 0);
  setText(at("you-sent"), String(counts.sent));
  setText(at("object-received"), tells ? String(life.received) : "–");
  setText(at("object-sent"), tells ? String(life.sent) : "–");
  setText(at("reached"), String(talk.reached));
  at("reached-box").dataset.short = String(kind === "lost");
  setText(at("instance"), talk.instance === undefined ? "–" : short(talk.instance));
  setText(at("accepted"), ACCEPTED[welcome?.accepted] ?? "–");
  setText(at("evictions"), tells ? String(life.evictions) : "not told");
  showActs(seen);
  showHint(seen, nowMs);
}

function statusOf({ phase, ended, retries }) {
  if (phase === "none") return "Not connected";
  if (phase === "connecting") return "Connecting …";
  if (phase === "open") return "Open";
  const { code, reason, wasOpen } = ended;
  return `${closingOf(code, reason, wasOpen)}${retries ? " Connecting again soon." : ""}`;
}

function showActs({ connection: { phase, retries }, welcome, holds, heart }) {
  for (const button of document.querySelectorAll("[data-acts]")) {
    const { feature } = button.dataset;
    const known = feature === undefined || welcome?.features?.includes(feature);
    button.setAttribute("aria-disabled", String(phase !== "open" || !known));
  }
  const over = (phase === "none" || phase === "closed") && !retries;
  at("disconnect").setAttribute("aria-disabled", String(over));
  setText(at("connect"), phase === "none" ? "Connect" : "Reconnect");
  setText(at("hold"), holds ? "Release the timer" : "Hold a timer");
  at("idle").setAttribute("aria-pressed", String(heart.paused));
}

function showHint({ connection, watched, welcome, heart, trafficMs }, nowMs) {
  const { text, share } = hintOf({
    open: connection.phase === "open",
    tells: watched.tells,
    plain: welcome?.accepted === "plain",
    state: watched.life.now?.state,
    evictsInMs: watched.evictsInMs(nowMs),
    nextBeatInMs: heart.nextInMs(nowMs),
    paused: heart.paused,
    quietMs: nowMs - trafficMs,
    staleAfterMs: welcome?.heartbeatTimeoutMs,
  });
  setText(at("hint"), text);
  at("meter").style.width = `${share * 100}%`;
}
