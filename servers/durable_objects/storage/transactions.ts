// An object's transactions: the one that gathers its writes, and those that it asks for.

import { setImmediate } from "node:timers";
import type { Database, OpenDatabase } from "./database.ts";

/** What a transaction is told of its end. */
export interface Frame {
  /** Begun by storage itself, for the writes of this turn of the event loop. */
  readonly gathering: boolean;
  /** `open`, or how it ended: by a commit, undone, or undone since the object was reset. */
  state: "open" | "committed" | "undone" | "reset";
  /** Whether the database knows of it: nothing is told to it before something is written. */
  begun: boolean;
  /** Settles when it has ended; rejects when it could not be committed. */
  readonly ended: Promise<void>;
}

interface OpenFrame extends Frame {
  settle: (error?: unknown) => void;
  undo: () => void;
}

/** What transactions need of the storage that they belong to. */
export interface TransactionOwner {
  database: Database;
  /** Remembers what is kept outside of the database. Returns what brings it back. */
  remember(): () => void;
  /** Told that writes are being gathered, until the promise settles. */
  gathering(ended: Promise<void>): void;
  /** Told that the outermost transaction was begun in the database: something will be written. */
  begun(open: OpenDatabase): void;
}

/** One object's transactions, nested in one another. */
export class Transactions {
  readonly #owner: TransactionOwner;
  readonly #frames: OpenFrame[] = [];

  /** Begins none. */
  constructor(owner: TransactionOwner) {
    this.#owner = owner;
  }

  /** Whether none is open. */
  get isIdle(): boolean {
    return this.#frames.length === 0;
  }

  /** Whether one is open that the object asked for. */
  get isExplicit(): boolean {
    return this.#frames.some(({ gathering }) => !gathering);
  }

  /** The database, ready for a write: inside of a transaction. */
  write(): OpenDatabase {
    this.gather();
    const open = this.#owner.database.use();
    for (const [index, frame] of this.#frames.entries()) {
      if (frame.begun) continue;
      open.prepare(index === 0 ? "BEGIN" : `SAVEPOINT _cf_${index}`).run();
      frame.begun = true;
      if (index === 0) this.#owner.begun(open);
    }
    return open;
  }

  /**
   * Sees to it that a transaction is open. Without one, one begins that is committed when the event
   * loop turns: what an event writes without waiting for the outside is kept as a whole or not at all.
   */
  gather(): void {
    if (this.#frames.length > 0) return;
    const frame = this.#push(true);
    this.#owner.gathering(frame.ended);
    // Not the global timer: an object's own is counted as what keeps it in memory.
    setImmediate(() => {
      if (frame.state === "open") this.#commitQuietly(frame);
    });
  }

  /** Begins one, nested in what the object has open; what was gathered is committed before. */
  begin(): Frame {
    this.flush();
    return this.#push(false);
  }

  /** Begins one inside of the one that gathers. */
  beginNested(): Frame {
    this.gather();
    return this.#push(false);
  }

  /** Commits what was gathered. Throws when that cannot be. */
  flush(): void {
    const [first] = this.#frames;
    if (this.#frames.length === 1 && first?.gathering) this.commit(first);
  }

  /**
   * Commits one, and all that are nested in it. Throws when that cannot be; then it is undone.
   */
  commit(frame: Frame): void {
    const index = this.#indexOf(frame);
    if (index === undefined) return;
    const open = this.#owner.database.opened;
    try {
      if (frame.begun) open?.prepare(index === 0 ? "COMMIT" : `RELEASE _cf_${index}`).run();
    } catch (error) {
      this.#undo(index, "undone", error);
      throw error;
    }
    for (const ended of this.#frames.splice(index).reverse()) end(ended, "committed");
  }

  /** Undoes one, and all that are nested in it. */
  rollBack(frame: Frame): void {
    const index = this.#indexOf(frame);
    if (index !== undefined) this.#undo(index, "undone");
  }

  /** Undoes all, since the object was reset. */
  reset(): void {
    if (this.#frames.length > 0) this.#undo(0, "reset");
  }

  /** Takes note that the database undid all by itself, as `INSERT OR ROLLBACK` does. */
  lost(open: OpenDatabase): void {
    if (open.sqlite.isTransaction || !this.#frames[0]?.begun) return;
    for (const frame of this.#frames) frame.begun = false;
    open.forgetTables();
    this.#frames[0].undo();
  }

  #push(gathering: boolean): OpenFrame {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Who waits for it is told; nobody need wait.
    promise.catch(() => {});
    const frame: OpenFrame = {
      gathering,
      state: "open",
      begun: false,
      ended: promise,
      settle: (error) => error === undefined ? resolve() : reject(error),
      undo: this.#owner.remember(),
    };
    this.#frames.push(frame);
    return frame;
  }

  #indexOf(frame: Frame): number | undefined {
    const index = this.#frames.findIndex((one) => one === frame);
    return index < 0 ? undefined : index;
  }

  #undo(index: number, state: "undone" | "reset", error?: unknown): void {
    const ended = this.#frames.splice(index);
    const open = this.#owner.database.opened;
    if (open?.sqlite.isTransaction && ended[0]?.begun) {
      if (index === 0) open.prepare("ROLLBACK").run();
      else {
        open.prepare(`ROLLBACK TO _cf_${index}`).run();
        open.prepare(`RELEASE _cf_${index}`).run();
      }
    }
    open?.forgetTables();
    ended[0]?.undo();
    for (const frame of ended.reverse()) end(frame, state, error);
  }

  #commitQuietly(frame: OpenFrame): void {
    try {
      this.commit(frame);
    } catch {
      // Told by the promise: who holds back what the object sends resets it.
    }
  }
}

function end(frame: OpenFrame, state: Frame["state"], error?: unknown): void {
  frame.state = state;
  frame.settle(error);
}
