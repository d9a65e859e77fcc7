// `ctx.storage`: what one incarnation of an object sees of its storage.

import type { AlarmSlot } from "./alarm_slot.ts";
import type { DurableObjectStorage, DurableObjectTransaction, StorageOptions } from "./api.ts";
import { functionOf } from "./arguments.ts";
import { AsyncKeyValues } from "./async_key_values.ts";
import type { Database } from "./database.ts";
import { SyncKeyStore } from "./key_store.ts";
import type { KeyStore } from "./key_store.ts";
import { Sql } from "./sql.ts";
import type { StorageHooks } from "./storage.ts";
import type { Frame, Transactions } from "./transactions.ts";

/** What an incarnation's storage works on. */
export interface IncarnationParts {
  database: Database;
  transactions: Transactions;
  alarm: AlarmSlot;
  keys: KeyStore;
  hooks: StorageHooks;
  /** Throws when the incarnation is over. */
  check(): void;
}

const LABEL = "DurableObjectStorage";

/** `ctx.storage` of one incarnation. */
export class Incarnation extends AsyncKeyValues implements DurableObjectStorage {
  /** {@inheritDoc DurableObjectStorage.sql} */
  readonly sql: Sql;
  /** {@inheritDoc DurableObjectStorage.kv} */
  readonly kv: SyncKeyStore;
  readonly #parts: IncarnationParts;

  /** Its class's name in the runtime. */
  get [Symbol.toStringTag](): string {
    return LABEL;
  }

  /** Opens nothing. */
  constructor(parts: IncarnationParts) {
    super({ ...parts, label: LABEL });
    this.#parts = parts;
    this.sql = new Sql(parts);
    this.kv = new SyncKeyStore(parts.keys);
  }

  /** {@inheritDoc DurableObjectStorage.deleteAll} */
  deleteAll(_options?: StorageOptions): Promise<void> {
    const { transactions, database, alarm, hooks, check } = this.#parts;
    return hooks.operate(() => {
      check();
      if (transactions.isExplicit) throw new Error("Cannot call deleteAll() within a transaction");
      // What was written before is committed, and a reset does not bring back what is removed.
      transactions.flush();
      database.remove();
      alarm.clear();
    });
  }

  /** {@inheritDoc DurableObjectStorage.transaction} */
  async transaction<T>(
    closure: (transaction: DurableObjectTransaction) => Promise<T>,
  ): Promise<T> {
    functionOf(closure, { label: LABEL, method: "transaction" });
    const { hooks, transactions, check } = this.#parts;
    check();
    return await hooks.lockInput(async () => {
      // What the event does before it next waits does not belong to it, as in workerd.
      await Promise.resolve();
      check();
      const frame = transactions.begin();
      hooks.lockOutput(frame.ended);
      try {
        const result = await closure(new Transaction(this.#parts, frame));
        check();
        transactions.commit(frame);
        return result;
      } finally {
        transactions.rollBack(frame);
      }
    });
  }

  /** {@inheritDoc DurableObjectStorage.transactionSync} */
  transactionSync<T>(closure: () => T): T {
    functionOf(closure, { label: LABEL, method: "transactionSync" });
    const { transactions, check } = this.#parts;
    check();
    const frame = transactions.beginNested();
    try {
      const result = closure();
      transactions.commit(frame);
      return result;
    } finally {
      transactions.rollBack(frame);
    }
  }

  /** {@inheritDoc DurableObjectStorage.sync} */
  sync(): Promise<void> {
    const { transactions, hooks, check } = this.#parts;
    return hooks.operate(() => {
      check();
      // Called from within a transaction, it does not wait for that: it would wait for itself.
      transactions.flush();
    });
  }
}

/** What the closure of a transaction is given. */
class Transaction extends AsyncKeyValues implements DurableObjectTransaction {
  readonly #transactions: Transactions;
  readonly #frame: Frame;

  /** Over what storage itself works on. */
  constructor(parts: IncarnationParts, frame: Frame) {
    super({
      ...parts,
      label: "DurableObjectTransaction",
      check: (method) => {
        parts.check();
        checkOpen(frame, method);
      },
    });
    this.#transactions = parts.transactions;
    this.#frame = frame;
  }

  /** {@inheritDoc DurableObjectTransaction.rollback} */
  rollback(): void {
    if (this.#frame.state === "undone") return;
    checkOpen(this.#frame, "rollback");
    this.#transactions.rollBack(this.#frame);
  }

  /** Refused, as in workerd. */
  // deno-lint-ignore require-await
  async deleteAll(): Promise<void> {
    throw new Error("Cannot call deleteAll() within a transaction");
  }
}

function checkOpen({ state }: Frame, method: string): void {
  if (state === "open") return;
  throw new Error(
    state === "committed"
      ? `Cannot call ${method}() on transaction that has already committed: did you move ` +
        "`txn` outside of the closure?"
      : `Cannot ${method}() on rolled back transaction`,
  );
}
