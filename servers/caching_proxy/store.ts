// The memory store: answers by key and variant, least recently used out first, under a byte limit.

import type { Fill } from "./fill.ts";
import type { Policy } from "./policy.ts";

/** One stored answer, or one that is on its way in. */
export interface Entry {
  key: string;
  /** The request headers that the answer varies by, with the values it was asked with. */
  variant: ReadonlyMap<string, string | null>;
  status: number;
  policy: Policy;
  fill: Fill;
  /** Bytes counted against the limit. */
  charged: number;
}

/** The variant of an answer by its `Vary`, or undefined for `Vary: *`, which matches no request. */
export function variantOf(
  response: Headers,
  request: Headers,
): ReadonlyMap<string, string | null> | undefined {
  const names = (response.get("vary") ?? "").split(",").map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "").sort();
  if (names.includes("*")) return undefined;
  return new Map(names.map((name) => [name, request.get(name)]));
}

/** Answers in memory. */
export class Store {
  readonly #maxBytes: number;
  readonly #byKey = new Map<string, Entry[]>();
  /** In the order of last use. */
  readonly #used = new Set<Entry>();
  #bytes = 0;

  /** @param maxBytes The most that bodies may take together. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of bodies held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Answers held, those being filled included. */
  get size(): number {
    return this.#used.size;
  }

  /** The answer to a request, fresh or not. */
  lookup(key: string, request: Headers): Entry | undefined {
    const entry = this.#byKey.get(key)?.find((one) => matches(one, request));
    if (entry !== undefined) {
      this.#used.delete(entry);
      this.#used.add(entry);
    }
    return entry;
  }

  /**
   * What a request locks: its key alone while nothing is known of the answer, and its variant too
   * once an answer has said what it varies by.
   */
  lockKey(key: string, request: Headers): string {
    const known = this.#byKey.get(key)?.at(-1);
    if (known === undefined || known.variant.size === 0) return key;
    return JSON.stringify([key, ...[...known.variant.keys()].map((name) => request.get(name))]);
  }

  /** Takes an answer in, in place of the one of the same variant. */
  put(entry: Entry): void {
    const others = this.#byKey.get(entry.key) ?? [];
    const same = others.find((one) => sameVariant(one, entry));
    if (same) this.remove(same);
    this.#byKey.set(entry.key, [...(this.#byKey.get(entry.key) ?? []), entry]);
    this.#used.add(entry);
  }

  /** Drops an answer; whoever follows its fill goes on. */
  remove(entry: Entry): void {
    if (!this.#used.delete(entry)) return;
    this.#bytes -= entry.charged;
    const left = this.#byKey.get(entry.key)?.filter((one) => one !== entry) ?? [];
    if (left.length === 0) this.#byKey.delete(entry.key);
    else this.#byKey.set(entry.key, left);
  }

  /** Counts what a fill brought in and makes room, at the entry's own cost when nothing else can. */
  charge(entry: Entry): void {
    if (!this.#used.has(entry)) return;
    this.#bytes += entry.fill.size - entry.charged;
    entry.charged = entry.fill.size;
    for (const oldest of this.#used) {
      if (this.#bytes <= this.#maxBytes) return;
      if (oldest !== entry && oldest.fill.complete) this.remove(oldest);
    }
    if (this.#bytes > this.#maxBytes) this.remove(entry);
  }
}

function matches(entry: Entry, request: Headers): boolean {
  return [...entry.variant].every(([name, value]) => request.get(name) === value);
}

function sameVariant(a: Entry, b: Entry): boolean {
  return a.variant.size === b.variant.size &&
    [...a.variant].every(([name, value]) => b.variant.has(name) && b.variant.get(name) === value);
}
