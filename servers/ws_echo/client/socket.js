// The page's WebSocket: opened, closed, and opened again after a growing pause when that is asked for.

/** The first pause before a new attempt, and the longest, in milliseconds. */
const FIRST_MS = 1_000, LONGEST_MS = 30_000;
/** The reason that the server and the user are told when the user closes. */
const CLOSED_HERE = "closed by the page";

/** One connection after another. */
export class Connection {
  /** `none`, `connecting`, `open` or `closed`. */
  phase = "none";
  /** Whether to connect again by itself when the server ends it. */
  again = false;
  /** Whether another attempt is planned. */
  retries = false;
  /** How the last connection ended: code, reason, and whether it had been open. */
  ended;
  #socket;
  #on;
  #timer;
  #pauseMs = FIRST_MS;

  /**
   * @param {object} on Told what happens: `begin`, `message` with its data, and `close`.
   */
  constructor(on) {
    this.#on = on;
  }

  /** Connects to a URL, and leaves where it was. */
  connect(url) {
    this.#leave();
    this.phase = "connecting";
    this.#on.begin();
    let socket;
    try {
      socket = new WebSocket(url);
    } catch {
      // As a browser refuses ws:// from a page that came over https://.
      return this.#ended(url, { code: 1006, reason: "the browser refuses this URL" }, false);
    }
    this.#socket = socket;
    const current = () => socket === this.#socket;
    socket.addEventListener("open", () => {
      if (current()) this.phase = "open";
    });
    socket.addEventListener("message", ({ data }) => {
      if (!current()) return;
      this.#pauseMs = FIRST_MS;
      this.#on.message(data);
    });
    socket.addEventListener("close", (event) => {
      if (current()) this.#ended(url, event, this.phase === "open");
    });
  }

  /** Closes it, as the user asked for. */
  close() {
    const { phase } = this;
    this.#leave();
    if (phase !== "connecting" && phase !== "open") return;
    this.#end({ code: 1000, reason: CLOSED_HERE, wasOpen: true });
  }

  /** Sends a text; false where nothing is open. */
  send(text) {
    if (this.phase !== "open") return false;
    this.#socket.send(text);
    return true;
  }

  #ended(url, { code, reason }, wasOpen) {
    this.#socket = undefined;
    if (this.again) {
      this.retries = true;
      this.#timer = setTimeout(() => this.connect(url), this.#pauseMs);
      this.#pauseMs = Math.min(LONGEST_MS, this.#pauseMs * 2);
    }
    this.#end({ code, reason, wasOpen });
  }

  #end(ended) {
    this.phase = "closed";
    this.ended = ended;
    this.#on.close();
  }

  /** Forgets the socket, whose events are of no interest from now on. */
  #leave() {
    clearTimeout(this.#timer);
    this.retries = false;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(1000, CLOSED_HERE);
  }
}
