// The object as its host tells of it: listened to, kept, and drawn as a picture, a list and a lane.

import { tellingUrl } from "./address.js";
import { at, make } from "./element.js";
import { Feed } from "./feed.js";
import { Life } from "./life.js";
import { Picture } from "./picture.js";

/** The most places of the lane that are kept. */
const MOST_PARTS = 500;

/** One object at a time. */
export class Watched {
  /** Whether the host tells anything. */
  tells = false;
  #life;
  #feed;
  #picture = new Picture();
  #parts = [];
  /** What the page's clock shows when the host's shows 0: the least that an event has shown. */
  #zeroMs = Infinity;
  #explanation;
  #explainedMs = 0;

  constructor() {
    this.#life = this.#newLife();
    this.#feed = new Feed({
      event: (event) => {
        this.#zeroMs = Math.min(this.#zeroMs, performance.now() - event.atMs);
        this.#life.take(event);
      },
      explanation: (explanation) => {
        this.#explanation = explanation;
        this.#explainedMs = performance.now();
        showBlockers(explanation);
      },
      told: (tells) => this.#told(tells),
    });
  }

  /** What it did, as far as is told. */
  get life() {
    return this.#life;
  }

  /** Listens to the object that a socket's URL names. Resolves when it is known whether it is told of. */
  async listenTo(url) {
    const events = tellingUrl(location.href, url, "events");
    if (events === this.#feed.events) return await this.#feed.known;
    this.#life = this.#newLife();
    this.#parts = [];
    this.#zeroMs = Infinity;
    this.#explanation = undefined;
    this.#picture.clear();
    await this.#feed.listen(events, tellingUrl(location.href, url, "explain"));
  }

  /** How long until it is evicted, in milliseconds; undefined where that is not known. */
  evictsInMs(nowMs) {
    const { evictsInMs } = this.#explanation ?? {};
    if (evictsInMs === undefined || evictsInMs === null) return undefined;
    return Math.max(0, evictsInMs - (nowMs - this.#explainedMs));
  }

  /** Its lane, on the page's clock; undefined where nothing is told. */
  lane() {
    if (!this.tells) return undefined;
    return {
      title: `The object: ${this.#life.now?.state ?? "not heard of yet"}`,
      parts: this.#parts.map(({ state, atMs }) => ({ state, fromMs: atMs + this.#zeroMs })),
    };
  }

  #newLife() {
    return new Life((transition) => {
      this.#picture.push(transition);
      this.#parts.push(transition);
      if (this.#parts.length > MOST_PARTS) this.#parts.splice(0, MOST_PARTS / 2);
    });
  }

  #told(tells) {
    this.tells = tells;
    at("life").hidden = at("steps-part").hidden = !tells;
    at("no-life").hidden = tells;
    at("counts").dataset.told = String(tells);
  }
}

function showBlockers({ eligible, blockers = [] }) {
  const texts = eligible ? [] : blockers.map(({ text }) => text);
  const key = texts.join("\n"), list = at("blockers");
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...texts.map(blocker));
  list.hidden = texts.length === 0;
}

/** A phrase in which code stands between backticks. */
function blocker(text) {
  const item = make("li");
  item.append(...text.split("`").map((part, index) => index % 2 === 1 ? make("code", part) : part));
  return item;
}
