// The story that a host can tell, step by step: upload a clip, leave a read of it unread, have it played.

import type { Clock } from "../../lab/clock.ts";
import { messageOf } from "../../lab/errors.ts";
import { PerMinute, type VideoHostLimits } from "./limits.ts";
import type { HostState, Step } from "./state.ts";
import { StepError } from "./step_error.ts";
import { toDo, whoPlays, whyNotNow } from "./step_words.ts";
import type { StoreClient } from "./store_client.ts";
import { UnreadGet } from "./unread_get.ts";
import type { UploadedClip, Uploads } from "./uploads.ts";

/** What a story is told with. */
export interface StoryOptions {
  /** The bucket's client. */
  store: StoreClient;
  /** The clips in the bucket. */
  uploads: Uploads;
  /** The story's time. */
  clock: Clock;
  /** Close the body that is not read, as soon as its head has come. */
  closeBody: boolean;
  /** How many pages are open. */
  pages: () => number;
  /** What strangers may do; without it anything. */
  limits: Pick<VideoHostLimits, "uploadsPerMinute" | "deleteAfterMs">;
}

/** What a story knows of itself; the rest of the page's state is others'. */
export type StoryState =
  & Pick<HostState, "closeBody" | "busy" | "unread" | "play" | "deletesInMs" | "last">
  & { clip: UploadedClip | undefined };

/** The seed's pause between the upload and the read that is never read. */
const PAUSE_MS = 1_000;
/** When a clip is due to be deleted in the middle of a step, it is tried again after this long. */
const BUSY_MS = 1_000;

/** One host's story. One step is taken at a time; only the unread GET can be closed meanwhile. */
export class Story {
  readonly #options: StoryOptions;
  readonly #perMinute: PerMinute;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<() => void>();
  #busy: Step | undefined;
  #step: Promise<void> = Promise.resolve();
  #clip: UploadedClip | undefined;
  #unread: UnreadGet | undefined;
  #play: { nth: number; atMs: number } | undefined;
  #played = 0;
  #abandoned = 0;
  #deletion: { atMs: number; cancel: () => void } | undefined;
  #last = { text: "Nothing has been uploaded yet", failed: false };

  /** Nothing has happened yet. */
  constructor(options: StoryOptions) {
    this.#options = options;
    this.#perMinute = new PerMinute(options.clock, options.limits.uploadsPerMinute);
  }

  /** Calls back after each change. Returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The clip in the store. */
  get clip(): UploadedClip | undefined {
    return this.#clip;
  }

  /** How things are at this moment. */
  state(): StoryState {
    const now = this.#options.clock.now();
    const ago = (atMs: number | undefined) => atMs === undefined ? null : now - atMs;
    const unread = this.#unread;
    return {
      closeBody: this.#options.closeBody,
      busy: this.#busy ?? null,
      clip: this.#clip,
      unread: unread
        ? {
          nth: this.#abandoned,
          phase: unread.phase,
          askedAgoMs: now - unread.askedAtMs,
          openedAgoMs: ago(unread.openedAtMs),
          closedAgoMs: ago(unread.closedAtMs),
        }
        : null,
      play: this.#play ? { nth: this.#play.nth, agoMs: now - this.#play.atMs } : null,
      deletesInMs: this.#deletion ? Math.max(0, this.#deletion.atMs - now) : null,
      last: { ...this.#last },
    };
  }

  /** Uploads the clip under a new name, in the place of the one before. @throws {StepError} */
  upload(): Promise<string> {
    return this.#take("upload", () => this.#upload());
  }

  /** Sends the GET whose body nobody reads; resolves when its head has come. @throws {StepError} */
  abandon(): Promise<string> {
    return this.#take("abandon", () => this.#abandon());
  }

  /** Has the pages play the clip, from its beginning. @throws {StepError} */
  play(): Promise<string> {
    return this.#take("play", () => Promise.resolve(this.#playClip()));
  }

  /** Closes the unread GET, also while another step is under way. @throws {StepError} */
  closeRead(): Promise<string> {
    const unread = this.#unread;
    if (unread === undefined || unread.phase === "closed") {
      const error = new StepError(409, "Cannot close the unread download: none is open");
      return Promise.reject(error);
    }
    unread.close();
    return Promise.resolve(this.#say("The unread download is closed"));
  }

  /** Closes the unread GET and deletes the clip. @throws {StepError} */
  deleteClip(): Promise<string> {
    return this.#take("delete", async () => {
      const { key } = this.#needClip("delete");
      await this.#forget();
      return `${key} is deleted`;
    });
  }

  /** The whole story: upload, a pause of one second, a GET that is never read, play. @throws {StepError} */
  tell(): Promise<string> {
    return this.#take("story", async () => {
      const uploaded = await this.#upload();
      await this.#options.clock.sleep(PAUSE_MS, { signal: this.#closing.signal });
      const left = await this.#abandon();
      return `${uploaded}. ${left}. ${this.#playClip()}`;
    });
  }

  /** Ends the step under way, closes the unread GET and deletes what was uploaded. Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort(new StepError(503, "The video host is closing"));
    this.#unread?.close();
    await this.#step;
    this.#unread?.close();
    this.#deletion?.cancel();
    this.#deletion = undefined;
    await this.#options.uploads.removeAll();
    this.#clip = this.#play = undefined;
  }

  async #upload(): Promise<string> {
    const waitMs = this.#perMinute.take();
    if (waitMs > 0) {
      throw new StepError(
        429,
        `Cannot upload: expected at most ${this.#options.limits.uploadsPerMinute} uploads a ` +
          `minute; the next can begin in ${Math.ceil(waitMs / 1_000)} s`,
      );
    }
    // A clip that cannot be deleted must not keep anyone from the next; it is tried again at the end.
    if (this.#clip) await this.#forget().catch(() => this.#drop());
    this.#unread = undefined;
    this.#clip = await this.#options.uploads.add(this.#closing.signal);
    this.#deleteLater(this.#options.limits.deleteAfterMs);
    const mebibytes = Math.round(this.#clip.sizeBytes / 2 ** 20);
    return this.#say(`${this.#clip.key} is uploaded (${mebibytes} MiB)`);
  }

  async #abandon(): Promise<string> {
    const { store, clock, closeBody } = this.#options;
    const { key } = this.#needClip("leave a download unread");
    if (this.#unread && this.#unread.phase !== "closed") {
      throw new StepError(409, "Cannot leave a download unread: one is open already");
    }
    const unread = new UnreadGet(key, clock);
    this.#unread = unread;
    this.#abandoned++;
    this.#changed();
    await unread.open((signal) => store.get(key, signal));
    if (closeBody) unread.close();
    return this.#say(
      unread.phase === "open"
        ? "A download is open and nobody reads it"
        : "A download was begun and its body closed",
    );
  }

  #playClip(): string {
    this.#needClip("play");
    this.#play = { nth: ++this.#played, atMs: this.#options.clock.now() };
    return this.#say(whoPlays(this.#options.pages()));
  }

  /** Deletes the clip. When that fails it is there still, and so is what the page shows of it. */
  async #forget(): Promise<void> {
    this.#unread?.close();
    // Pages let go of it first: a store may wait for its readers.
    this.#play = undefined;
    this.#changed();
    if (this.#clip) await this.#options.uploads.remove(this.#clip.key);
    this.#drop();
  }

  #drop(): void {
    this.#deletion?.cancel();
    this.#deletion = this.#clip = this.#play = undefined;
  }

  #deleteLater(ms: number): void {
    this.#deletion?.cancel();
    if (ms === Infinity) return;
    const { clock } = this.#options;
    const cancel = clock.setTimeout(() => {
      if (this.#busy !== undefined) return this.#deleteLater(BUSY_MS);
      // Whether it worked is in what the story says last.
      this.deleteClip().catch(() => {});
    }, ms);
    this.#deletion = { atMs: clock.now() + ms, cancel };
  }

  #needClip(doing: string): UploadedClip {
    if (this.#clip === undefined) {
      throw new StepError(409, `Cannot ${doing}: expected a clip in the store, and there is none`);
    }
    return this.#clip;
  }

  #take(name: Step, action: () => Promise<string>): Promise<string> {
    if (this.#closing.signal.aborted) {
      return Promise.reject(new StepError(503, `Cannot ${toDo(name)}: the video host is closing`));
    }
    if (this.#busy !== undefined) {
      return Promise.reject(new StepError(409, whyNotNow(name, this.#busy)));
    }
    this.#busy = name;
    this.#changed();
    const taken = this.#run(action);
    this.#step = taken.then(() => {}, () => {});
    return taken;
  }

  async #run(action: () => Promise<string>): Promise<string> {
    try {
      return this.#say(await action());
    } catch (error) {
      const refused = error instanceof StepError
        ? error
        : new StepError(502, messageOf(error), { cause: error });
      this.#say(refused.message, true);
      throw refused;
    } finally {
      this.#busy = undefined;
      this.#changed();
    }
  }

  #say(text: string, failed = false): string {
    this.#last = { text, failed };
    this.#changed();
    return text;
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
