// What an object's code sees as `ctx.storage`: the vendor's interface, typed.

/** What bounds a `list()`. Keys are ordered by their UTF-8 bytes. */
export interface ListOptions {
  /** The first key, itself included. */
  start?: string;
  /** The key before the first, itself left out. */
  startAfter?: string;
  /** The key after the last, itself left out. */
  end?: string;
  /** What keys begin with. */
  prefix?: string;
  /** From the last to the first. */
  reverse?: boolean;
  /** How many at most. */
  limit?: number;
}

/** What the vendor lets one say of a read or write: taken, and of no effect where writes are synchronous. */
export interface StorageOptions {
  /** Do not close the input gate meanwhile. */
  allowConcurrency?: boolean;
  /** Do not hold back what is sent until this is on disk. */
  allowUnconfirmed?: boolean;
  /** Do not keep it in memory. */
  noCache?: boolean;
}

/** Keys and values, as storage itself and a transaction have them. */
export interface KeyValues {
  /** The value of a key. */
  get<T = unknown>(key: string, options?: StorageOptions): Promise<T | undefined>;
  /** The values of those keys that are there, in the order of the keys. */
  get<T = unknown>(keys: string[], options?: StorageOptions): Promise<Map<string, T>>;
  /** Those keys with their values that the options select, in order. */
  list<T = unknown>(options?: ListOptions & StorageOptions): Promise<Map<string, T>>;
  /** Keeps a value: whatever can be cloned. */
  put<T>(key: string, value: T, options?: StorageOptions): Promise<void>;
  /** Keeps several at once. */
  put<T>(entries: Record<string, T>, options?: StorageOptions): Promise<void>;
  /** Removes a key; resolves with whether it was there. */
  delete(key: string, options?: StorageOptions): Promise<boolean>;
  /** Removes several; resolves with how many were there. */
  delete(keys: string[], options?: StorageOptions): Promise<number>;
  /** When the alarm is due, in milliseconds since the Unix epoch; null without one, and while it runs. */
  getAlarm(options?: StorageOptions): Promise<number | null>;
  /** Sets the one alarm. */
  setAlarm(scheduledTime: number | Date, options?: StorageOptions): Promise<void>;
  /** Takes it back. */
  deleteAlarm(options?: StorageOptions): Promise<void>;
}

/** A transaction. */
export interface DurableObjectTransaction extends KeyValues {
  /** Undoes all that the transaction did; using it afterwards throws. */
  rollback(): void;
}

/** Keys and values without promises. */
export interface SyncKeyValues {
  /** The value of a key. */
  get<T = unknown>(key: string): T | undefined;
  /** Those keys with their values that the options select, in order. */
  list<T = unknown>(options?: ListOptions): Iterable<[string, T]>;
  /** Keeps a value. */
  put<T>(key: string, value: T): void;
  /** Removes a key; tells whether it was there. */
  delete(key: string): boolean;
}

/** What a column can hold. */
export type SqlValue = ArrayBuffer | string | number | null;

/** The rows of a statement, read one by one. */
export interface SqlCursor<Row extends Record<string, SqlValue>> extends IterableIterator<Row> {
  /** The rows that are left. */
  toArray(): Row[];
  /** The one row that there is. Throws when there are none or several. */
  one(): Row;
  /** The rows that are left as arrays. */
  raw<Values extends SqlValue[] = SqlValue[]>(): IterableIterator<Values>;
  /** The names of the columns, in order. */
  readonly columnNames: string[];
  /** How many rows were read so far. */
  readonly rowsRead: number;
  /** How many rows were written. */
  readonly rowsWritten: number;
}

/** SQL on the object's own database. */
export interface SqlStorage {
  /** Runs one or several statements, the last of them with the bindings. */
  exec<Row extends Record<string, SqlValue> = Record<string, SqlValue>>(
    query: string,
    ...bindings: (SqlValue | ArrayBufferView | boolean | undefined)[]
  ): SqlCursor<Row>;
  /** The size of the database in bytes. */
  readonly databaseSize: number;
}

/** `ctx.storage`. */
export interface DurableObjectStorage extends KeyValues {
  /** Removes everything that is stored. */
  deleteAll(options?: StorageOptions): Promise<void>;
  /** All or nothing of what the closure does; what it throws undoes it. */
  transaction<T>(closure: (transaction: DurableObjectTransaction) => Promise<T>): Promise<T>;
  /** The same without promises. */
  transactionSync<T>(closure: () => T): T;
  /** Resolves when all is on disk that was written until now. */
  sync(): Promise<void>;
  /** SQL. */
  readonly sql: SqlStorage;
  /** Keys and values without promises. */
  readonly kv: SyncKeyValues;
}
