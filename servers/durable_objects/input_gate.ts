// The input gate: while a critical section is open, nothing but what belongs to it reaches the object.

import type { Section } from "./context.ts";

/** Something that waits for the gate. */
interface Waiting {
  section: Section | undefined;
  enter: () => void;
}

/**
 * How many turns of the microtask queue a hold lasts: an `await` takes up to three for each
 * asynchronous function that it passes through.
 */
const HELD_TURNS = 24;

/** One incarnation's input gate. */
export class InputGate {
  /** The innermost section that is open. */
  #open: Section | undefined;
  /** Storage operations whose results the code that asked for them has not acted on yet. */
  #holds = 0;
  readonly #waiting: Waiting[] = [];

  /**
   * Runs something when the gate lets it in: at once where it can, else in the order of asking.
   *
   * @param section The section that it belongs to; undefined for an event from outside.
   */
  pass(section: Section | undefined, enter: () => void): void {
    if (this.#admits(section) && (section !== undefined || this.#waiting.length === 0)) enter();
    else this.#waiting.push({ section, enter });
  }

  /**
   * Closes the gate for everything, until the code that awaits a storage operation has gone on: so that
   * no other event comes between a read and the write that follows from it.
   */
  hold(): void {
    this.#holds++;
    let turns = HELD_TURNS;
    const release = () => {
      if (turns-- > 0) return queueMicrotask(release);
      this.#holds--;
      this.#drain();
    };
    queueMicrotask(release);
  }

  /**
   * Closes the gate for all but the work, until that has settled. Sections that are not nested in one
   * another come one after the other.
   *
   * @param parent The section from which it is opened.
   * @param work Is given the section that its code is in.
   */
  lock<T>(parent: Section | undefined, work: (section: Section) => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.pass(parent, () => {
        const section: Section = { parent };
        const before = this.#open;
        this.#open = section;
        const leave = () => {
          // The code that awaited the section goes on before anything else comes.
          this.hold();
          this.#open = before;
          this.#drain();
        };
        let result: T | Promise<T>;
        try {
          result = work(section);
        } catch (error) {
          reject(error);
          return leave();
        }
        Promise.resolve(result).then(resolve, reject).then(leave);
      });
    });
  }

  /** Forgets who waits: the incarnation is over. */
  clear(): void {
    this.#waiting.length = 0;
  }

  /** Whether what belongs to a section may run now: nothing is open, or nothing outside of it. */
  #admits(section: Section | undefined): boolean {
    if (this.#holds > 0) return false;
    if (this.#open === undefined) return true;
    for (let one = section; one !== undefined; one = one.parent) {
      if (one === this.#open) return true;
    }
    return false;
  }

  #drain(): void {
    for (let index = 0; index < this.#waiting.length;) {
      const next = this.#waiting[index];
      if (next === undefined) return;
      if (!this.#admits(next.section)) {
        index++;
        continue;
      }
      this.#waiting.splice(index, 1);
      next.enter();
      // What it did may have closed the gate, or let others in.
      index = 0;
    }
  }
}
