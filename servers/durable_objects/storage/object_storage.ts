// One object's storage as its host holds it: it outlives the incarnations that use it.

import { AlarmSlot } from "./alarm_slot.ts";
import type { DurableObjectStorage } from "./api.ts";
import type { Database } from "./database.ts";
import { Incarnation } from "./incarnation_storage.ts";
import { KeyStore } from "./key_store.ts";
import type { ObjectStorage, StorageHooks, StoredAlarm } from "./storage.ts";
import { Transactions } from "./transactions.ts";

/** The note in the database that the object's name is kept as. */
export const NAME_NOTE = "name";

/** The storage of one object, on one database. */
export class ObjectDatabase implements ObjectStorage {
  /** The object's database. */
  readonly database: Database;
  /** Its transactions. */
  readonly transactions: Transactions;
  /** Its alarm. */
  readonly alarmSlot: AlarmSlot;
  #incarnation: { isOver: boolean; hooks: StorageHooks } | undefined;
  #isClosed = false;
  #name: string | undefined;

  /** Opens nothing. */
  constructor(database: Database) {
    this.database = database;
    this.transactions = new Transactions({
      database,
      remember: () => this.alarmSlot.remember(),
      gathering: (ended) => {
        if (this.#incarnation?.isOver === false) this.#incarnation.hooks.lockOutput(ended);
      },
      begun: (open) => {
        if (this.#name !== undefined && open.note(NAME_NOTE) !== this.#name) {
          open.keepNote(NAME_NOTE, this.#name);
        }
      },
    });
    this.alarmSlot = new AlarmSlot({
      database,
      transactions: this.transactions,
      changed: (atMs) => this.#incarnation?.hooks.onAlarm(atMs),
    });
  }

  /** {@inheritDoc ObjectStorage.open} */
  open(hooks: StorageHooks): DurableObjectStorage {
    if (this.#incarnation !== undefined) this.#incarnation.isOver = true;
    const incarnation = { isOver: false, hooks };
    this.#incarnation = incarnation;
    const check = () => {
      if (this.#isClosed || incarnation.isOver) {
        throw new Error(
          "Cannot use storage: received a call of an instance that is over, expected one of the " +
            "instance that is in memory",
        );
      }
    };
    const { database, transactions, alarmSlot: alarm } = this;
    const keys = new KeyStore({ database, transactions, check });
    return new Incarnation({ database, transactions, alarm, keys, hooks, check });
  }

  /** {@inheritDoc ObjectStorage.alarm} */
  get alarm(): StoredAlarm | undefined {
    return this.#isClosed ? undefined : this.alarmSlot.alarm;
  }

  /** {@inheritDoc ObjectStorage.keepAlarm} */
  keepAlarm(alarm: StoredAlarm | undefined): void {
    if (!this.#isClosed) this.alarmSlot.keep(alarm);
  }

  /** The name that the object's id was made from: written as soon as anything else is. */
  keepName(name: string): void {
    if (this.database.path !== undefined) this.#name = name;
  }

  /** {@inheritDoc ObjectStorage.rollBack} */
  rollBack(): void {
    if (this.#incarnation !== undefined) this.#incarnation.isOver = true;
    this.transactions.reset();
  }

  /** {@inheritDoc ObjectStorage.close} */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.transactions.flush();
    } finally {
      // What is left is a transaction that the object did not get to the end of.
      this.transactions.reset();
      this.database.close();
    }
  }
}
