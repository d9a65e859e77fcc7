// The object's life as a picture: four places in a circle and a list, each step shown in its turn.

import { append, at, make, setText } from "./element.js";

/** How long a place stays lit before the next is, in milliseconds. */
const SHOWN_MS = 250;
/** While more steps than these wait, each is lit for one frame, so that the picture catches up. */
const HURRY = 6, HURRIED_MS = 16;
/** The most steps that the list keeps. */
const MOST = 500;

/** What is said of each place. */
const WORDS = {
  running: "Running: it handles an event.",
  idle: "Idle: in memory, with nothing to do.",
  hibernated: "Hibernated: out of memory. The host holds your socket open.",
  woken: "Woken: constructed anew, with nothing remembered but what it stored.",
  reset: "Reset: what it threw ended this incarnation.",
};

/** Shows one step after another, none left out. */
export class Picture {
  #queue = [];
  #timer;
  #firstMs;

  /** Another step, shown when those before it have been. */
  push(transition) {
    this.#queue.push(transition);
    this.#timer ??= setTimeout(() => this.#next(), 0);
  }

  /** Another object: forgets all. */
  clear() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue = [];
    this.#firstMs = undefined;
    at("steps").replaceChildren();
    at("steps-none").hidden = false;
    this.#light("none");
    setText(at("incarnation"), "–");
    setText(at("now"), "Nothing heard of it yet.");
  }

  #next() {
    this.#timer = undefined;
    const step = this.#queue.shift();
    if (step === undefined) return;
    this.#show(step);
    const ms = this.#queue.length > HURRY ? HURRIED_MS : SHOWN_MS;
    this.#timer = setTimeout(() => this.#next(), ms);
  }

  #show({ state, incarnation, atMs, note }) {
    this.#light(state);
    setText(at("incarnation"), String(incarnation));
    setText(at("now"), WORDS[state]);
    this.#firstMs ??= atMs;
    const item = make("li", undefined, { "data-state": state, "data-incarnation": incarnation });
    item.append(
      make("span", `${((atMs - this.#firstMs) / 1_000).toFixed(1)} s`, { class: "when" }),
      make("span", state, { class: "name" }),
      make("span", note, { class: "soft" }),
    );
    at("steps-none").hidden = true;
    append(at("steps-box"), at("steps"), item, MOST);
  }

  #light(state) {
    at("cycle").dataset.state = state;
    for (const place of at("cycle").querySelectorAll("[data-place]")) {
      if (place.dataset.place === state) place.setAttribute("aria-current", "step");
      else place.removeAttribute("aria-current");
    }
  }
}
