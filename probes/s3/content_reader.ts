// Which version of an object the bytes of a response are, looked at as they come and not kept.

import { BLOCK_BYTES, type ObjectContent } from "./content.ts";

/** What was read of an object. */
export interface ContentReport {
  /** How many bytes were looked at. */
  receivedBytes: number;
  /** The versions that blocks were found to be of, in the order in which they first came. */
  versions: number[];
  /** Whether blocks of more than one version came: what no read of one object may give. */
  mixed: boolean;
  /** Where the first byte stands that is of no version known, from the object's start; or null. */
  foreignAtByte: number | null;
}

/**
 * Looks at a stretch of an object as it comes, block by block ({@linkcode BLOCK_BYTES}): each must
 * be of one of the versions given, at its own place.
 */
export class ContentReader {
  readonly #contents: readonly ObjectContent[];
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #offset: number;
  #kept = 0;
  #received = 0;
  #foreignAtByte: number | null = null;
  readonly #versions = new Set<number>();

  /**
   * Nothing has come yet.
   *
   * @param contents What the key was given at any time; seeds alike, versions all different.
   * @param offset Where in the object the first byte stands.
   */
  constructor(contents: readonly ObjectContent[], offset = 0) {
    this.#contents = contents;
    this.#offset = offset;
  }

  /** How many bytes have come. */
  get receivedBytes(): number {
    return this.#received;
  }

  /** Takes in the next bytes; they are not kept. */
  push(bytes: Uint8Array): void {
    this.#received += bytes.length;
    let rest = bytes;
    while (rest.length > 0) {
      const room = BLOCK_BYTES - this.#offset % BLOCK_BYTES - this.#kept;
      if (this.#kept === 0 && rest.length >= room) {
        // As many blocks at once as are there; where they differ, one by one.
        const whole = rest.length - (rest.length - room) % BLOCK_BYTES;
        this.#judgeRun(rest.subarray(0, whole), room);
        rest = rest.subarray(whole);
        continue;
      }
      const taken = rest.subarray(0, room);
      this.#block.set(taken, this.#kept);
      this.#kept += taken.length;
      rest = rest.subarray(taken.length);
      if (taken.length === room) this.#judgeKept();
    }
  }

  /** What has been seen; an unfinished last block counts as it stands, if it tells versions apart. */
  report(): ContentReport {
    if (this.#kept > 0) {
      const version = this.#versionOf(this.#block.subarray(0, this.#kept));
      if (version !== null) this.#versions.add(version);
    }
    return {
      receivedBytes: this.#received,
      versions: [...this.#versions],
      mixed: this.#versions.size > 1,
      foreignAtByte: this.#foreignAtByte,
    };
  }

  #judgeKept(): void {
    const kept = this.#kept;
    this.#kept = 0;
    this.#judge(this.#block.subarray(0, kept));
  }

  #judgeRun(run: Uint8Array, first: number): void {
    const [last] = [...this.#versions].slice(-1);
    const current = this.#contents.find(({ version }) => version === last);
    if (current?.check(this.#offset, run) === "same") {
      this.#offset += run.length;
      return;
    }
    this.#judge(run.subarray(0, first));
    for (let at = first; at < run.length; at += BLOCK_BYTES) {
      this.#judge(run.subarray(at, at + BLOCK_BYTES));
    }
  }

  #judge(block: Uint8Array): void {
    const version = this.#versionOf(block);
    if (version !== null) this.#versions.add(version);
    this.#offset += block.length;
  }

  #versionOf(block: Uint8Array): number | null {
    let furthest = this.#offset;
    const same: number[] = [];
    for (const content of this.#contents) {
      const check = content.check(this.#offset, block);
      if (check === "same") same.push(content.version);
      else furthest = Math.max(furthest, check.atByte);
    }
    if (same.length === 0) this.#foreignAtByte ??= furthest;
    // The first bytes of a block are alike in all versions: so short a rest tells nothing.
    return same.length === 1 ? same[0] ?? null : null;
  }
}
