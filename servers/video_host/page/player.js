// The video element: what it was told, and what it says of itself.

/** What is written down of it. */
const EVENTS = [
  "loadstart",
  "waiting",
  "stalled",
  "loadedmetadata",
  "loadeddata",
  "canplay",
  "playing",
  "error",
];

/** Watches a video element. */
export class Player {
  /** When it was told to load, in milliseconds of the page; undefined while it is empty. */
  startedMs;
  /** When it had its first frame. */
  frameMs;
  /** Why it gave up. */
  failure;
  /** By event: when it came first, and how often. */
  events = new Map();
  #video;
  #onChange;
  #load = 0;

  constructor(video, onChange) {
    this.#video = video;
    this.#onChange = onChange;
    for (const name of EVENTS) {
      video.addEventListener(name, () => this.#heard(name));
    }
  }

  /** Loads a URL and plays it from its beginning. */
  start(url) {
    this.stop();
    const load = ++this.#load;
    this.startedMs = performance.now();
    const video = this.#video;
    const framed = () => {
      if (load !== this.#load || this.frameMs !== undefined) return;
      this.frameMs = performance.now();
      this.#onChange();
    };
    // A tab in the background presents no frames: then having the first one decoded must do.
    video.requestVideoFrameCallback?.(framed);
    video.addEventListener("loadeddata", framed, { once: true });
    video.src = url;
    video.load();
    // A browser may refuse to play by itself; its controls are there.
    video.play().catch(() => {});
    this.#onChange();
  }

  /** Lets go of whatever it has, its connection to the store included. */
  stop() {
    this.#load++;
    this.startedMs = this.frameMs = this.failure = undefined;
    this.events.clear();
    if (!this.#video.hasAttribute("src")) return;
    this.#video.removeAttribute("src");
    this.#video.load();
    this.#onChange();
  }

  /** What the verdict and the drawing go by. */
  times() {
    const { startedMs, frameMs, failure } = this;
    return { startedMs, frameMs, failure };
  }

  #heard(name) {
    if (this.startedMs === undefined) return;
    const event = this.events.get(name);
    if (event) event.times++;
    else this.events.set(name, { atMs: performance.now() - this.startedMs, times: 1 });
    if (name === "error") {
      this.failure = this.#video.error?.message || "its media could not be read";
    }
    this.#onChange();
  }
}
