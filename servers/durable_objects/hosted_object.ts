// One object over all its incarnations: it is woken by events, evicted when idle, and keeps its sockets.

import type { Clock } from "../../lab/clock.ts";
import { messageOf } from "../../lab/errors.ts";
import type { Variant } from "../../lab/verdict.ts";
import type { Activity, ActivityKind } from "./activity.ts";
import { AlarmClock } from "./alarm_clock.ts";
import type { DurableObjectHandlers, DurableObjectId, DurableObjectState } from "./api.ts";
import { type Counted, type LogLevel, runAs, runOutside } from "./context.ts";
import type { HostEventKind, ObjectState } from "./events.ts";
import { explain, type Explanation } from "./explain.ts";
import type { ObjectFigures } from "./figures.ts";
import { Incarnation } from "./incarnation.ts";
import { logLine } from "./log_line.ts";
import type { SocketData } from "./sockets/end.ts";
import type { Connection } from "./sockets/connection.ts";
import { HibernatableSockets } from "./sockets/hibernatable_sockets.ts";
import { marked } from "./remote_error.ts";
import { createState } from "./state.ts";
import type { ObjectStorage } from "./storage/storage.ts";

/** A class of objects. */
export type ObjectClass = new (ctx: DurableObjectState, env: unknown) => DurableObjectHandlers;

/** What an object is told by its host. */
export interface ObjectParts {
  id: DurableObjectId;
  className: string;
  objectClass: ObjectClass;
  storage: ObjectStorage;
  /** What all objects of the host share. */
  shared: SharedParts;
}

/** What all objects of a host share. */
export interface SharedParts {
  clock: Clock;
  env: unknown;
  outbound: typeof fetch;
  variant: Variant;
  hibernateAfterMs: number;
  /** Whether anybody is told of events. */
  readonly listening: boolean;
  /** Takes an event of an object. */
  emit(object: HostedObject, event: HostEventKind): void;
}

/** How long `blockConcurrencyWhile()` may take, in milliseconds (workerd 1.20261117.1). */
const CONCURRENCY_TIMEOUT_MS = 30_000;

/** An object of a host. */
export class HostedObject {
  readonly id: DurableObjectId;
  readonly className: string;
  readonly sockets: HibernatableSockets;
  /** How often it was constructed. */
  constructions = 0;
  readonly #parts: ObjectParts;
  readonly #counts: Record<Counted, number> = {
    received: 0,
    answered: 0,
    autoResponses: 0,
    alarms: 0,
    closes: 0,
    errors: 0,
    attachmentsRestored: 0,
  };
  readonly #eventTimeout: { ms: number | null } = { ms: null };
  readonly #alarm: AlarmClock;
  #incarnation: Incarnation | undefined;
  #evictions = 0;
  #idleSinceMs = 0;
  #cancelEviction: (() => void) | undefined;
  #state: ObjectState = "hibernated";
  #closed = false;

  constructor(parts: ObjectParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.className = parts.className;
    const { shared } = parts;
    const { clock, variant } = shared;
    this.sockets = new HibernatableSockets({
      variant,
      now: () => clock.now(),
      get listening() {
        return shared.listening;
      },
      output: (send) => {
        if (this.#incarnation === undefined) send();
        else this.#incarnation.output.pass(send);
      },
      message: (connection, data) => this.#onMessage(connection, data),
      closed: (connection, code, reason, wasClean) =>
        this.#onClose(connection, code, reason, wasClean),
      errored: (connection, error) => this.#onError(connection, error),
      count: (what) => this.#count(what),
      emit: (event) => this.#emit(event),
    });
    this.#alarm = new AlarmClock({
      clock,
      storage: parts.storage,
      random: Math.random,
      run: (info) => this.#runAlarm(info),
      ran: (retryCount, ok) => {
        if (ok) this.#count("alarms");
        this.#emit({ kind: "alarm-ran", retryCount, ok });
      },
    });
  }

  /**
   * Handles an event, after waking the object if need be. Rejects with what the constructor or the
   * handler throws, and with the reason for which the object was reset meanwhile.
   *
   * @param wakes What the event is, as `constructed` says it.
   */
  handle<T>(
    kind: ActivityKind,
    wakes: string,
    handler: (instance: DurableObjectHandlers) => T | Promise<T>,
  ): Promise<T> {
    let incarnation: Incarnation;
    let constructed: Activity | undefined;
    try {
      incarnation = this.#incarnation ??
        this.#construct(wakes, (activity) => constructed = activity);
    } catch (error) {
      return Promise.reject(error);
    }
    const handled = incarnation.handle(kind, () => {
      const { instance } = incarnation;
      if (instance === undefined) throw new Error(`Cannot reach ${this.className}: it was reset`);
      return handler(instance);
    });
    // Not before the event has begun: between the two the object is not idle.
    constructed?.end();
    return handled;
  }

  /** Whether the class answers to a method of that name, without waking it. */
  hasMethod(name: string): boolean {
    return typeof Reflect.get(this.#parts.objectClass.prototype, name) === "function";
  }

  /** What is to be said of its hibernation. */
  explain(): Explanation {
    const { clock, hibernateAfterMs } = this.#parts.shared;
    return explain({
      state: this.#state,
      activities: this.#incarnation?.activities.list() ?? [],
      evictsInMs: this.#state === "idle"
        ? Math.max(0, this.#idleSinceMs + hibernateAfterMs - clock.now())
        : null,
    });
  }

  /** Its figures. */
  figures(): ObjectFigures {
    const { name } = this.id;
    return {
      id: this.id.toString(),
      ...(name !== undefined && { name }),
      className: this.className,
      state: this.#state,
      constructions: this.constructions,
      evictions: this.#evictions,
      reconstructions: Math.max(0, this.constructions - 1),
      ...this.#counts,
      sockets: {
        hibernatable: this.sockets.size,
        plain: this.#incarnation?.activities.list().filter(({ kind }) => kind === "plain-socket")
          .length ?? 0,
      },
      blockers: this.explain().blockers.map(({ text }) => text),
    };
  }

  /** Ends the incarnation: what is under way is rejected with the reason. */
  reset(reason: unknown): void {
    const incarnation = this.#incarnation;
    if (incarnation === undefined) return;
    this.#parts.storage.rollBack();
    this.#drop(incarnation, marked(reason, { durableObjectReset: true }));
    // Nobody can say what its clients were told: they are dropped without a close frame.
    this.sockets.closeAll(1006, "");
    this.#emit({ kind: "reset", reason: messageOf(reason) });
    this.#enterState("hibernated");
  }

  /** Ends all: sockets are closed, timers given back. What is stored stays. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#alarm.close();
    this.sockets.closeAll(1001, "the host is closed");
    const incarnation = this.#incarnation;
    if (incarnation !== undefined) this.#drop(incarnation, new Error("The host is closed"));
  }

  #construct(reason: string, began: (activity: Activity) => void): Incarnation {
    if (this.#closed) throw new Error("The host is closed");
    const { shared, objectClass } = this.#parts;
    const incarnation = new Incarnation({
      ...shared,
      onActivity: (size) => this.#onActivity(incarnation, size),
      log: (level, args) => this.#log(level, args),
      onThrow: (handler, error) => this.#onThrow(handler, error),
      count: (what) => this.#count(what),
      onUnkept: (error) => {
        if (incarnation.alive) this.reset(error);
      },
    });
    const state = createState({
      id: this.id,
      incarnation,
      sockets: this.sockets,
      openStorage: () => this.#openStorage(incarnation),
      eventTimeout: this.#eventTimeout,
      concurrencyTimeoutMs: CONCURRENCY_TIMEOUT_MS,
      reset: (error) => incarnation.alive && this.reset(error),
    });
    this.#incarnation = incarnation;
    this.constructions++;
    this.#emit({ kind: "constructed", reconstruction: this.constructions > 1, reason });
    began(incarnation.activities.begin("construction"));
    const event = { object: incarnation, over: false };
    try {
      incarnation.instance = runAs(event, () => new objectClass(state, shared.env));
    } catch (error) {
      this.#onThrow("constructor", error);
      this.reset(error);
      throw marked(error, { durableObjectReset: true });
    } finally {
      event.over = true;
    }
    return incarnation;
  }

  #openStorage(incarnation: Incarnation) {
    return this.#parts.storage.open({
      clock: this.#parts.shared.clock,
      operate: (work) => incarnation.operate(work),
      lockInput: (work) => incarnation.lock(work),
      lockOutput: (until) => incarnation.output.lock(until),
      onAlarm: (atMs) => {
        this.#alarm.set(atMs);
        this.#emit({ kind: "alarm-set", dueMs: atMs });
      },
      hasAlarmHandler: () => this.hasMethod("alarm"),
    });
  }

  #onActivity(incarnation: Incarnation, size: number): void {
    if (incarnation !== this.#incarnation) return;
    if (size > 0) return this.#enterState("running");
    this.#idleSinceMs = this.#parts.shared.clock.now();
    this.#enterState("idle");
    this.#cancelEviction ??= this.#awaitEviction(this.#parts.shared.hibernateAfterMs);
  }

  /** One timer at a time looks whether the idle time is over, however many events come meanwhile. */
  #awaitEviction(ms: number): () => void {
    const { clock, hibernateAfterMs } = this.#parts.shared;
    return runOutside(() =>
      clock.setTimeout(() => {
        this.#cancelEviction = undefined;
        const incarnation = this.#incarnation;
        if (incarnation === undefined || incarnation.activities.size > 0) return;
        const leftMs = this.#idleSinceMs + hibernateAfterMs - clock.now();
        // A timer of the runtime may fire a fraction of a millisecond early.
        if (leftMs > 1) this.#cancelEviction = this.#awaitEviction(leftMs);
        else this.#evict(incarnation);
      }, ms)
    );
  }

  #evict(incarnation: Incarnation): void {
    this.#drop(incarnation, new Error(`${this.className} was evicted`));
    this.#evictions++;
    this.#emit({ kind: "evicted" });
    this.#enterState("hibernated");
  }

  #drop(incarnation: Incarnation, reason: unknown): void {
    this.#incarnation = undefined;
    this.#cancelEviction?.();
    this.#cancelEviction = undefined;
    incarnation.end(reason);
    this.sockets.hibernate();
  }

  #onMessage(connection: Connection, data: SocketData): void {
    this.#handleSocket(
      "webSocketMessage",
      "message",
      (instance) => instance.webSocketMessage?.(connection.socket(), data),
    );
  }

  #onClose(connection: Connection, code: number, reason: string, wasClean: boolean) {
    return this.#handleSocket("webSocketClose", "close", (instance) => {
      this.#count("closes");
      return instance.webSocketClose?.(connection.socket(), code, reason, wasClean);
    });
  }

  #onError(connection: Connection, error: unknown) {
    return this.#handleSocket(
      "webSocketError",
      "close",
      (instance) => instance.webSocketError?.(connection.socket(), error),
    );
  }

  /** Resolves when the handler is over, whatever came of it. */
  async #handleSocket(
    name: string,
    wakes: string,
    handler: (instance: DurableObjectHandlers) => unknown,
  ): Promise<void> {
    if (this.#closed) return;
    const { ms } = this.#eventTimeout;
    try {
      await this.handle("socket-event", wakes, (instance) => {
        const result = handler(instance);
        return ms === null ? result : this.#within(ms, result, name);
      });
    } catch (error) {
      if (!this.#closed) this.#onThrow(name, error);
    }
  }

  async #within(ms: number, result: unknown, name: string): Promise<unknown> {
    let cancel = () => {};
    const late = new Promise<never>((_, reject) => {
      const refuse = () => reject(new Error(`${name} took longer than its ${ms} ms`));
      cancel = this.#parts.shared.clock.setTimeout(refuse, ms);
    });
    try {
      return await Promise.race([result, late]);
    } finally {
      cancel();
    }
  }

  async #runAlarm(info: { retryCount: number; isRetry: boolean; scheduledTime: number }) {
    try {
      await this.handle("alarm", "alarm", (instance) => instance.alarm?.(info));
    } catch (error) {
      if (!this.#closed) this.#onThrow("alarm", error);
      throw error;
    }
  }

  #onThrow(handler: string, error: unknown): void {
    this.#count("errors");
    this.#emit({ kind: "threw", handler, message: messageOf(error) });
  }

  #count(what: Counted): void {
    this.#counts[what]++;
  }

  #log(level: LogLevel, args: readonly unknown[]): void {
    if (this.#parts.shared.listening) this.#emit({ kind: "log", level, line: logLine(args) });
  }

  #enterState(state: ObjectState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#emit({ kind: "state", state });
  }

  #emit(event: HostEventKind): void {
    if (this.#parts.shared.listening) this.#parts.shared.emit(this, event);
  }
}
