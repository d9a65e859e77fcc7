// The rows of a statement as the object's code reads them.

import type { SqlCursor, SqlValue } from "./api.ts";
import { fromColumn } from "./bindings.ts";

/** What a statement gave. */
export interface SqlResult {
  columnNames: string[];
  /** The rows as SQLite gave them, each an array. */
  rows: readonly unknown[][];
  /** Rows that were changed. */
  changed: number;
}

/** A row of any columns. */
export type AnyRow = Record<string, SqlValue>;

/**
 * Reads rows one by one.
 *
 * All of them were read when the statement ran: a cursor holds no lock, survives a roll back, and does
 * not see what is written after it was made, where workerd's reads on from the database.
 */
export class Cursor<Row extends AnyRow> implements SqlCursor<Row> {
  readonly columnNames: string[];
  readonly #rows: readonly unknown[][];
  readonly #changed: number;
  #next = 0;

  /** Begins before the first row. */
  constructor({ columnNames, rows, changed }: SqlResult) {
    this.columnNames = columnNames;
    this.#rows = rows;
    this.#changed = changed;
  }

  /**
   * How many rows were read so far, the next one included, as workerd counts. An approximation: those
   * are counted that the statement gave or changed, and not those that it looked at.
   */
  get rowsRead(): number {
    return Math.max(Math.min(this.#next + 1, this.#rows.length), this.#changed);
  }

  /**
   * How many rows were written. An approximation: what triggers write counts, and the entries of
   * indexes, which workerd counts, do not.
   */
  get rowsWritten(): number {
    return this.#changed;
  }

  /** {@inheritDoc SqlCursor.next} */
  next(): IteratorResult<Row, undefined> {
    const values = this.#nextValues();
    if (values === undefined) return { done: true, value: undefined };
    const row: AnyRow = {};
    for (const [index, name] of this.columnNames.entries()) row[name] = values[index] ?? null;
    return { done: false, value: row as Row };
  }

  /** {@inheritDoc SqlCursor.toArray} */
  toArray(): Row[] {
    return Array.from(this);
  }

  /** {@inheritDoc SqlCursor.one} */
  one(): Row {
    const { value } = this.next();
    const isOne = this.#next === this.#rows.length;
    this.#next = this.#rows.length;
    if (value === undefined || !isOne) {
      const found = value === undefined ? "got no results" : "got multiple results";
      throw new Error(`Expected exactly one result from SQL query, but ${found}.`);
    }
    return value;
  }

  /** {@inheritDoc SqlCursor.raw} */
  raw<Values extends SqlValue[] = SqlValue[]>(): RawCursor<Values> {
    return new RawCursor(() => this.#nextValues() as Values | undefined);
  }

  /** {@inheritDoc SqlCursor.[iterator]} */
  [Symbol.iterator](): this {
    return this;
  }

  #nextValues(): SqlValue[] | undefined {
    return this.#rows[this.#next++]?.map(fromColumn) ?? this.#atEnd();
  }

  #atEnd(): undefined {
    this.#next = this.#rows.length;
  }
}

/** Reads the rows of a cursor as arrays. */
export class RawCursor<Values extends SqlValue[]> implements IterableIterator<Values, undefined> {
  readonly #read: () => Values | undefined;

  /** Goes on where the cursor is. */
  constructor(read: () => Values | undefined) {
    this.#read = read;
  }

  /** The next row. */
  next(): IteratorResult<Values, undefined> {
    const value = this.#read();
    if (value === undefined) return { done: true, value: undefined };
    return { done: false, value };
  }

  /** The rows that are left. */
  toArray(): Values[] {
    return Array.from(this);
  }

  /** Itself. */
  [Symbol.iterator](): this {
    return this;
  }
}
