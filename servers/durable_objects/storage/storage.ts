// What an object's storage is to the host: the object's own interface to it, its alarm, its end.

import type { Clock } from "../../../lab/clock.ts";
import type { DurableObjectStorage } from "./api.ts";

/** What storage needs of the object that it belongs to. */
export interface StorageHooks {
  /** The object's time. */
  clock: Clock;
  /**
   * Does one storage operation, such as a get or a put, at once: no other event reaches the object
   * before the code that awaits the result has gone on (the vendor calls this input gates). Resolves
   * with what the work returns, rejects with what it throws. Every operation that returns a promise
   * goes through this, or through `lockInput`.
   */
  operate<T>(work: () => T): Promise<T>;
  /**
   * Runs asynchronous work, such as the closure of a transaction, with the input gate closed until it
   * has settled.
   */
  lockInput<T>(work: () => T | Promise<T>): Promise<T>;
  /** Holds back what the object sends until the promise settles (the vendor calls this output gates). */
  lockOutput(until: Promise<unknown>): void;
  /** Told that the alarm was set to a time (milliseconds since the Unix epoch) or taken back. */
  onAlarm(atMs: number | null): void;
  /** Whether the class has an `alarm()` handler: setting one without is refused. */
  hasAlarmHandler(): boolean;
}

/** An alarm as it is kept. */
export interface StoredAlarm {
  /** When it is due, in milliseconds since the Unix epoch. */
  atMs: number;
  /** How often its handler has thrown. */
  retryCount: number;
  /**
   * Its handler has begun and has not succeeded yet: `getAlarm()` gives null, setting a new alarm
   * replaces it, and a later process finds it and runs it again (at-least-once).
   */
  running: boolean;
}

/** One object's storage. It outlives the object's incarnations. */
export interface ObjectStorage {
  /** Makes `ctx.storage` for a new incarnation. */
  open(hooks: StorageHooks): DurableObjectStorage;
  /** The alarm as it stands, that of a former process included. */
  readonly alarm: StoredAlarm | undefined;
  /** Keeps the alarm, or none, without telling the hooks: the host's own book-keeping. */
  keepAlarm(alarm: StoredAlarm | undefined): void;
  /** Undoes what an incarnation had begun and not committed: it was reset. */
  rollBack(): void;
  /** Gives back the database. Can be called more than once. */
  close(): void;
}

/** Where the objects of a host keep what they store. */
export interface StorageFolder {
  /** The storage of one object, opened on first use. */
  objectStorage(className: string, id: string): ObjectStorage;
  /** Objects of former processes that have an alarm pending. */
  alarms(): { className: string; id: string; name: string | undefined; alarm: StoredAlarm }[];
  /** Keeps the name that an object's id was made from, for {@linkcode StorageFolder.alarms}. */
  keepName(className: string, id: string, name: string): void;
  /** Gives back all databases. Can be called more than once. */
  close(): void;
}
