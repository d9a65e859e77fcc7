// The conversation as a table: each request in one row with its answer, or with the word that it is lost.

import { append, at, make } from "./element.js";
import { duration } from "./verdict.js";

/** The most rows that are kept. */
const MOST = 300;

const NAMES = {
  connect: "Connect",
  heartbeat: "Heartbeat",
  ping: "Ping",
  message: "Message",
  auto_ping: "Auto-ping",
  hold: "Hold a timer",
  release: "Release the timer",
};

/** What a row says of a state; an answer's own words come first. */
const STATES = {
  waiting: () => "waiting …",
  answered: ({ answer }) => answer,
  late: ({ answer }) => `late: ${answer}`,
  lost: ({ lostAfterMs }) => `lost: no answer within ${duration(lostAfterMs)}`,
  refused: ({ error }) => `refused: ${error}`,
  cut: () => "unanswered: the connection closed first",
};

const ANSWERS = {
  connect: "welcome",
  heartbeat: "heartbeat_ack",
  ping: "pong",
  auto_ping: "auto_pong, from the host itself",
  hold: "held",
  release: "released",
};

/** Draws entries as they come and change. */
export class Rows {
  #rows = new WeakMap();
  #dirty = new Set();
  #lostAfterMs;

  /** @param {() => number} lostAfterMs Gives how long an answer may take. */
  constructor(lostAfterMs) {
    this.#lostAfterMs = lostAfterMs;
  }

  /** An entry is new or has changed: it is drawn with the next {@linkcode draw}. */
  changed(entry) {
    if (this.#dirty.size === 0) requestAnimationFrame(() => this.draw());
    this.#dirty.add(entry);
  }

  /** Draws what has changed. */
  draw() {
    const entries = [...this.#dirty];
    this.#dirty.clear();
    for (const entry of entries) {
      const known = this.#rows.get(entry);
      const row = known ?? make("tr");
      this.#rows.set(entry, row);
      if (entry.type === "exchange") this.#drawExchange(row, entry.exchange);
      else if (entry.type === "burst") this.#drawBurst(row, entry);
      else drawNotice(row, entry);
      if (known === undefined) append(at("talk-box"), at("talk"), row, MOST);
    }
    if (entries.length > 0) at("talk-none").hidden = true;
  }

  #drawExchange(row, exchange) {
    const { kind, content, state, sentMs, answeredMs, instance, woken } = exchange;
    row.dataset.kind = kind;
    row.dataset.state = state;
    const sent = make("th", undefined, { scope: "row" });
    sent.append(make("span", NAMES[kind], { class: "what" }));
    if (content !== undefined) sent.append(" ", make("q", content));
    const answer = make("td", undefined, { class: "answer" });
    answer.append(make("span", this.#wordsOf(exchange), { class: "state" }));
    if (woken) {
      answer.append(" ", make("span", `new instance ${short(instance)}`, { class: "tag" }));
    }
    row.replaceChildren(
      sent,
      answer,
      make("td", answeredMs === undefined ? "–" : duration(answeredMs - sentMs), {
        class: "after",
      }),
    );
  }

  #wordsOf({ kind, content, state, error }) {
    const answer = kind === "message" ? `echo “${content}”` : ANSWERS[kind];
    return STATES[state]({ answer, error, lostAfterMs: this.#lostAfterMs() });
  }

  #drawBurst(row, { exchanges, inOrder }) {
    const of = (...states) => exchanges.filter(({ state }) => states.includes(state)).length;
    const waiting = of("waiting"), lost = of("lost"), cut = of("cut");
    const answered = exchanges.length - waiting - lost - cut;
    row.dataset.kind = "burst";
    row.dataset.state = waiting > 0 ? "waiting" : lost > 0 ? "lost" : cut > 0 ? "cut" : "answered";
    const cells = make("span", undefined, { class: "cells", "aria-hidden": "true" });
    cells.append(...exchanges.map(({ state }) => make("i", undefined, { "data-state": state })));
    const words = [
      `${answered} answered${inOrder ? answered > 1 ? " in order" : "" : ", not in order"}`,
      ...(waiting > 0 ? [`${waiting} waiting`] : []),
      ...(lost > 0 ? [`${lost} lost`] : []),
      ...(cut > 0 ? [`${cut} unanswered at the close`] : []),
    ];
    const answer = make("td", undefined, { class: "answer" });
    answer.append(make("span", words.join(", "), { class: "state" }), cells);
    const whole = Math.max(...exchanges.map(({ answeredMs }) => answeredMs ?? 0));
    row.replaceChildren(
      make("th", `Burst of ${exchanges.length}`, { scope: "row" }),
      answer,
      make("td", answered === 0 ? "–" : duration(whole - exchanges[0].sentMs), { class: "after" }),
    );
  }
}

function drawNotice(row, { kind, text }) {
  row.dataset.kind = "notice";
  row.dataset.state = "unasked";
  const answer = make("td", undefined, { class: "answer" });
  answer.append(make("span", text === "" ? kind : `${kind}: ${text}`, { class: "state" }));
  row.replaceChildren(
    make("th", "not asked for", { scope: "row" }),
    answer,
    make("td", "–", { class: "after" }),
  );
}

/** The first part of an instance's id. */
export function short(instance) {
  return instance.slice(0, 8);
}
