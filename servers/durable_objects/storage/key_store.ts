// Keys and values in an object's database: what both the asynchronous and the synchronous interface use.

import type { ListOptions, SyncKeyValues } from "./api.ts";
import type { Database } from "./database.ts";
import { compareKeys, rangeOf, wellFormed } from "./keys.ts";
import { toVendorError } from "./sql_errors.ts";
import type { Transactions } from "./transactions.ts";
import { fromBytes, toBytes } from "./values.ts";

// Keys are read as bytes, since the runtime ends a text at its first NUL.
const LIST = "SELECT CAST(key AS BLOB) AS key, value FROM _cf_KV WHERE key >= ?";
const GET = "SELECT value FROM _cf_KV WHERE key = ?";
const PUT = "INSERT INTO _cf_KV VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value";
const DELETE = "DELETE FROM _cf_KV WHERE key = ?";

const decoder = new TextDecoder();

/** What the keys need of the storage that they belong to. */
export interface KeyOwner {
  readonly database: Database;
  readonly transactions: Transactions;
  /** Throws when the incarnation is over. */
  check(): void;
}

/** One object's keys and values. */
export class KeyStore {
  readonly #owner: KeyOwner;

  /** Reads nothing. */
  constructor(owner: KeyOwner) {
    this.#owner = owner;
  }

  /** The value of a key. */
  get<T>(key: string): T | undefined {
    const found = this.#reading()?.prepare(GET).get(key)?.value;
    return found instanceof Uint8Array ? fromBytes<T>(found) : undefined;
  }

  /** The values of those keys that are there, in the order of the keys' bytes. */
  getAll<T>(keys: readonly string[]): Map<string, T> {
    const found = new Map<string, T>();
    const statement = this.#reading()?.prepare(GET);
    for (const key of new Set(keys.toSorted(compareKeys))) {
      const value = statement?.get(key)?.value;
      if (value instanceof Uint8Array) found.set(key, fromBytes<T>(value));
    }
    return found;
  }

  /** The keys and values that the options select, read at once. */
  *list<T>(options: ListOptions | undefined): Generator<[string, T], undefined> {
    for (const { key, value } of this.#rows(options)) {
      if (key instanceof Uint8Array && value instanceof Uint8Array) {
        yield [decoder.decode(key), fromBytes<T>(value)];
      }
    }
  }

  /** Keeps values. Either all of them are kept or none. */
  put(entries: readonly (readonly [key: string, value: Uint8Array])[]): void {
    const [only] = entries;
    if (entries.length === 1 && only !== undefined) return this.#put(only);
    const { transactions } = this.#owner;
    const frame = transactions.beginNested();
    try {
      for (const entry of entries) this.#put(entry);
    } catch (error) {
      transactions.rollBack(frame);
      throw error;
    }
    transactions.commit(frame);
  }

  /** Removes keys; tells how many were there. */
  delete(keys: readonly string[]): number {
    if (this.#reading() === undefined) return 0;
    const statement = this.#owner.transactions.write().prepare(DELETE);
    let count = 0;
    for (const key of keys) count += Number(statement.run(key).changes);
    return count;
  }

  #put([key, value]: readonly [string, Uint8Array]): void {
    const open = this.#owner.transactions.write();
    open.need("_cf_KV");
    try {
      open.prepare(PUT).run(key, value);
    } catch (error) {
      throw toVendorError(error);
    }
  }

  #rows(options: ListOptions | undefined): Record<string, unknown>[] {
    const { from, until, reverse, limit } = rangeOf(options);
    const open = this.#reading();
    if (open === undefined) return [];
    const order = `ORDER BY _cf_KV.key ${reverse ? "DESC" : "ASC"} LIMIT ?`;
    return until === undefined
      ? open.prepare(`${LIST} ${order}`).all(from, limit)
      : open.prepare(`${LIST} AND _cf_KV.key < ? ${order}`).all(from, until, limit);
  }

  /** The database, if there is one with keys in it. */
  #reading() {
    this.#owner.check();
    const open = this.#owner.database.look();
    return open?.has("_cf_KV") ? open : undefined;
  }
}

/** `ctx.storage.kv`. */
export class SyncKeyStore implements SyncKeyValues {
  readonly #store: KeyStore;

  /** Over the object's keys. */
  constructor(store: KeyStore) {
    this.#store = store;
  }

  /** {@inheritDoc SyncKeyValues.get} */
  get<T = unknown>(...[key]: [key: string]): T | undefined {
    return this.#store.get<T>(given(key, "get"));
  }

  /** {@inheritDoc SyncKeyValues.list} */
  list<T = unknown>(options?: ListOptions): IterableIterator<[string, T]> {
    // Checked, and read, at once.
    return Array.from(this.#store.list<T>(options)).values();
  }

  /** {@inheritDoc SyncKeyValues.put} */
  put<T>(...pair: [key: string, value: T]): void {
    if (pair.length < 2) {
      throw new TypeError(
        "Failed to execute 'put' on 'SyncKvStorage': parameter 2 is not of type 'Value'.",
      );
    }
    const [key, value] = pair;
    this.#store.put([[given(key, "put"), toBytes(value)]]);
  }

  /** {@inheritDoc SyncKeyValues.delete} */
  delete(...[key]: [key: string]): boolean {
    return this.#store.delete([given(key, "delete")]) > 0;
  }
}

function given(key: unknown, method: string): string {
  if (key !== undefined) return wellFormed(key);
  throw new TypeError(
    `Failed to execute '${method}' on 'SyncKvStorage': parameter 1 is not of type 'string'.`,
  );
}
