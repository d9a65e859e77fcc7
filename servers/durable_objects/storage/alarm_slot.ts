// An object's alarm as it is kept: in memory, and in the object's file where it has one.

import { LATEST_ALARM_MS } from "./limits.ts";
import type { Database } from "./database.ts";
import type { StoredAlarm } from "./storage.ts";
import type { Transactions } from "./transactions.ts";

/** The note in the database that the alarm is kept as. */
export const ALARM_NOTE = "alarm";

/** What the alarm needs of the storage that it belongs to. */
export interface AlarmOwner {
  readonly database: Database;
  readonly transactions: Transactions;
  /** Told when what the object sees of its alarm has changed. */
  changed(atMs: number | null): void;
}

/** One object's alarm. */
export class AlarmSlot {
  readonly #owner: AlarmOwner;
  #alarm: StoredAlarm | undefined;
  #isRead = false;
  /** How often the host has kept it; each is to outlive what the object undoes. */
  #kept = 0;
  #hostsAlarm: StoredAlarm | undefined;

  /** Reads nothing. */
  constructor(owner: AlarmOwner) {
    this.#owner = owner;
  }

  /** The alarm as it stands. */
  get alarm(): StoredAlarm | undefined {
    if (!this.#isRead) {
      this.#alarm = this.#owner.database.look()?.note<StoredAlarm>(ALARM_NOTE);
      this.#isRead = true;
    }
    return this.#alarm;
  }

  /** What the object sees: null without one, and while its handler runs. */
  get visible(): number | null {
    const { alarm } = this;
    return alarm === undefined || alarm.running ? null : alarm.atMs;
  }

  /** The object sets it, or takes it back. */
  set(atMs: number | null): void {
    this.#owner.transactions.gather();
    this.#write(atMs === null ? undefined : { atMs, retryCount: 0, running: false });
    this.#owner.changed(atMs);
  }

  /** The host's own book-keeping: what the object undoes later does not undo it. */
  keep(alarm: StoredAlarm | undefined): void {
    this.#kept++;
    this.#hostsAlarm = alarm;
    this.#write(alarm);
  }

  /** Everything was removed. */
  clear(): void {
    const before = this.visible;
    this.#alarm = undefined;
    this.#isRead = true;
    if (before !== null) this.#owner.changed(null);
  }

  /** Remembers it at the begin of a transaction. Returns what brings it back. */
  remember(): () => void {
    const before = { alarm: this.#alarm, isRead: this.#isRead, kept: this.#kept };
    return () => {
      const seen = this.visible;
      const byHost = before.kept !== this.#kept;
      this.#alarm = byHost ? this.#hostsAlarm : before.alarm;
      this.#isRead = byHost || before.isRead;
      // The roll back took the host's note with it.
      if (byHost) this.#write(this.#hostsAlarm);
      const { visible } = this;
      if (visible !== seen) this.#owner.changed(visible);
    };
  }

  #write(alarm: StoredAlarm | undefined): void {
    const { database, transactions } = this.#owner;
    this.#alarm = alarm;
    this.#isRead = true;
    if (database.path === undefined) return;
    // No file is made to say that there is no alarm.
    if (alarm === undefined && database.look() === undefined) return;
    transactions.write().keepNote(ALARM_NOTE, alarm);
  }
}

/**
 * When an alarm is due that was set to a time: whole milliseconds, and not before now.
 *
 * @param label The class that `setAlarm()` was called on, for the message.
 * @throws {TypeError} with workerd's messages, for anything that is no time, or none that it can keep.
 */
export function dueAt(scheduledTime: unknown, nowMs: number, label: string): number {
  if (!(scheduledTime instanceof Date) && typeof scheduledTime !== "number") {
    throw new TypeError(
      `Failed to execute 'setAlarm' on '${label}': parameter 1 is not of type 'date'.`,
    );
  }
  const atMs = Math.floor(Number(scheduledTime));
  if (!Number.isFinite(atMs)) {
    throw new TypeError("The value cannot be converted because it is not a valid Date.");
  }
  if (atMs > LATEST_ALARM_MS) {
    throw new TypeError("This API doesn't support dates after 2189.");
  }
  if (atMs <= 0) throw new TypeError("setAlarm() cannot be called with an alarm time <= 0");
  return Math.max(atMs, Math.floor(nowMs));
}
