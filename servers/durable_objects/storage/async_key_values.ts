// Keys, values and the alarm with promises: what storage itself and its transactions have in common.

import type { KeyValues, ListOptions, StorageOptions } from "./api.ts";
import type { AlarmSlot } from "./alarm_slot.ts";
import { dueAt } from "./alarm_slot.ts";
import { checkOptions, entriesOf, keysOf } from "./arguments.ts";
import type { Called } from "./arguments.ts";
import type { KeyStore } from "./key_store.ts";
import type { StorageHooks } from "./storage.ts";

/** What these methods work on. */
export interface KeyValueParts {
  /** The vendor's name of the class, for messages. */
  label: string;
  keys: KeyStore;
  alarm: AlarmSlot;
  hooks: StorageHooks;
  /** Throws when the method may not be called any more. */
  check(method: string): void;
}

/**
 * The methods with promises. Every error rejects, none is thrown, as in workerd. The work itself is done
 * before a method returns, so that calls take effect in their order.
 */
export class AsyncKeyValues implements KeyValues {
  readonly #parts: KeyValueParts;

  /** Over an object's keys and its alarm. */
  constructor(parts: KeyValueParts) {
    this.#parts = parts;
  }

  /** {@inheritDoc KeyValues.get} */
  get<T = unknown>(key: string, options?: StorageOptions): Promise<T | undefined>;
  get<T = unknown>(keys: string[], options?: StorageOptions): Promise<Map<string, T>>;
  get(given: unknown, options?: StorageOptions): Promise<never> {
    const found: Promise<unknown> = this.#operate("get", (called) => {
      const keys = keysOf(given, called);
      checkOptions(options, 2, called);
      const store = this.#parts.keys;
      return typeof keys === "string" ? store.get(keys) : store.getAll(keys);
    });
    // Which of the two it is depends on what was given, as the overloads say.
    return found as Promise<never>;
  }

  /** {@inheritDoc KeyValues.list} */
  list<T = unknown>(options?: ListOptions & StorageOptions): Promise<Map<string, T>> {
    return this.#operate("list", (called) => {
      checkOptions(options, 1, called);
      return new Map(this.#parts.keys.list<T>(options ?? undefined));
    });
  }

  /** {@inheritDoc KeyValues.put} */
  put<T>(key: string, value: T, options?: StorageOptions): Promise<void>;
  put<T>(entries: Record<string, T>, options?: StorageOptions): Promise<void>;
  put(...given: unknown[]): Promise<void> {
    return this.#operate("put", (called) => this.#parts.keys.put(entriesOf(given, called)));
  }

  /** {@inheritDoc KeyValues.delete} */
  delete(key: string, options?: StorageOptions): Promise<boolean>;
  delete(keys: string[], options?: StorageOptions): Promise<number>;
  delete(given: unknown, options?: StorageOptions): Promise<never> {
    const done: Promise<unknown> = this.#operate("delete", (called) => {
      const keys = keysOf(given, called);
      checkOptions(options, 2, called);
      const store = this.#parts.keys;
      return typeof keys === "string" ? store.delete([keys]) > 0 : store.delete(keys);
    });
    // Which of the two it is depends on what was given, as the overloads say.
    return done as Promise<never>;
  }

  /** {@inheritDoc KeyValues.getAlarm} */
  getAlarm(_options?: StorageOptions): Promise<number | null> {
    return this.#operate("getAlarm", () => this.#parts.alarm.visible);
  }

  /** {@inheritDoc KeyValues.setAlarm} */
  setAlarm(scheduledTime: number | Date, _options?: StorageOptions): Promise<void> {
    return this.#operate("setAlarm", ({ label }) => {
      const { alarm, hooks } = this.#parts;
      const atMs = dueAt(scheduledTime, hooks.clock.now(), label);
      if (!hooks.hasAlarmHandler()) {
        throw new TypeError(
          "Your Durable Object class must have an alarm() handler in order to call setAlarm()",
        );
      }
      alarm.set(atMs);
    });
  }

  /** {@inheritDoc KeyValues.deleteAlarm} */
  deleteAlarm(_options?: StorageOptions): Promise<void> {
    return this.#operate("deleteAlarm", () => {
      const { alarm } = this.#parts;
      if (alarm.alarm !== undefined) alarm.set(null);
    });
  }

  /** Does the work at once, with the input gate closed until the caller has gone on. */
  #operate<T>(method: string, work: (called: Called) => T): Promise<T> {
    const { label, hooks, check } = this.#parts;
    return hooks.operate(() => {
      check(method);
      return work({ label, method });
    });
  }
}
