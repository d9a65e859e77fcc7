// The Durable Object host: runs classes written for Cloudflare in this process, and tells what they do.

import { type Clock, realClock } from "../../lab/clock.ts";
import { messageOf } from "../../lab/errors.ts";
import { STATS_SCHEMA } from "../../lab/figures.ts";
import type { Variant } from "../../lab/verdict.ts";
import { type ConnectionInfo, type Server, STATS_PATH } from "../server.ts";
import type { DurableObjectId, DurableObjectNamespace } from "./api.ts";
import { runOutside } from "./context.ts";
import type { HostEvent, HostEventKind } from "./events.ts";
import type { Explanation } from "./explain.ts";
import type { HostFigures } from "./figures.ts";
import { outsideClock } from "./globals/object_time.ts";
import { installGlobals } from "./globals/install.ts";
import { HostedObject, type ObjectClass, type SharedParts } from "./hosted_object.ts";
import { ObjectClassHost } from "./namespace.ts";
import { upgrade } from "./sockets/upgrade.ts";
import { folderStorage, memoryStorage } from "./storage/folder.ts";
import type { StorageFolder } from "./storage/storage.ts";

/** A Worker's main module: its handler, and the classes of its objects by their names. */
export interface WorkerModule {
  /** Answers what comes from outside. */
  default?: {
    fetch?(
      request: Request,
      // Whatever the Worker takes it for.
      env: never,
      ctx: { waitUntil(promise: Promise<unknown>): void; passThroughOnException(): void },
    ): Response | Promise<Response>;
  };
  /** The classes, and whatever else it exports. */
  [className: string]: unknown;
}

/** What a host runs, and how. */
export interface HostOptions {
  /** The Worker's main module. */
  worker: WorkerModule;
  /** The classes that are bound: by the binding's name, the class's name in the module. */
  objects: Readonly<Record<string, string>>;
  /** The other bindings: texts and JSON values. */
  vars?: Readonly<Record<string, unknown>>;
  /** The objects' time. Default: the wall clock. */
  clock?: Clock;
  /** How long an object is idle before it is evicted, in milliseconds. Default: 30 000, as the seed has it. */
  hibernateAfterMs?: number;
  /**
   * `bug`: what an object sends outside the `fetch` handler that accepted the socket with
   * `acceptWebSocket()` is lost, as the seed has it; a model, since the deployed cause is not public.
   * Default: `fix`.
   */
  variant?: Variant;
  /** A folder in which objects keep what they store, one SQLite file each. Default: in memory. */
  folder?: string;
  /** Told of each event as it happens. More can be told with {@linkcode DurableObjectHost.subscribe}. */
  onEvent?: (event: HostEvent) => void;
}

/** A running host. */
export interface DurableObjectHost extends Server {
  /** Answers a request from the network: what the Worker answers, WebSockets coupled to the connection. */
  fetch(request: Request, info?: ConnectionInfo): Promise<Response>;
  /**
   * Answers a request in memory. A WebSocket is at the response's `webSocket`, as in Workers: accept it
   * and use it.
   */
  dispatch(request: Request): Promise<Response>;
  /** What the Worker gets as `env`. */
  readonly env: Readonly<Record<string, unknown>>;
  /**
   * A binding by its name.
   *
   * @throws {RangeError} when there is none of that name.
   */
  namespace(binding: string): DurableObjectNamespace;
  /** Why an object is in memory, or that nothing keeps it there. Undefined for one never used. */
  explain(id: DurableObjectId | string): Explanation | undefined;
  /** Calls back for each event from now on. Returns what ends that. */
  subscribe(listener: (event: HostEvent) => void): () => void;
  /** The figures of this moment. */
  stats(): HostFigures;
}

/**
 * Starts a host. While one is open, the globals that an object's code sees of the Workers runtime are
 * installed; they act inside of objects only.
 *
 * @throws {TypeError} when a class that is bound is not in the module.
 * @throws {Error} when the folder cannot be used.
 *
 * @example
 * ```ts
 * import { createDurableObjectHost } from "./host.ts";
 * import { DurableObject } from "./workers.ts";
 *
 * class Counter extends DurableObject {
 *   #count = 0;
 *   add(): number {
 *     return ++this.#count;
 *   }
 * }
 *
 * const host = await createDurableObjectHost({ worker: { Counter }, objects: { COUNTER: "Counter" } });
 * const stub = host.namespace("COUNTER").getByName("a") as unknown as { add(): Promise<number> };
 * console.log(await stub.add(), await stub.add()); // 1 2
 * await host.close();
 * ```
 */
export async function createDurableObjectHost(options: HostOptions): Promise<DurableObjectHost> {
  const classes = classesOf(options);
  const storage = options.folder === undefined
    ? memoryStorage()
    : await folderStorage(options.folder);
  return new Host(options, classes, storage);
}

function classesOf({ worker, objects }: HostOptions): Map<string, ObjectClass> {
  const names = new Set(Object.values(objects));
  return new Map([...names].map((name) => {
    const found = worker[name];
    if (typeof found === "function") return [name, found as ObjectClass];
    throw new TypeError(
      `Cannot host '${name}': the Worker's module exports no class of that name (it exports ${
        Object.keys(worker).join(", ") || "nothing"
      })`,
    );
  }));
}

class Host implements DurableObjectHost {
  readonly env: Readonly<Record<string, unknown>>;
  readonly #worker: WorkerModule;
  readonly #classes: ReadonlyMap<string, ObjectClassHost>;
  readonly #bindings: ReadonlyMap<string, DurableObjectNamespace>;
  readonly #storage: StorageFolder;
  readonly #clock: Clock;
  readonly #listeners = new Set<(event: HostEvent) => void>();
  readonly #uninstall: () => void;
  #seq = 0;
  #closed = false;

  constructor(options: HostOptions, classes: Map<string, ObjectClass>, storage: StorageFolder) {
    const { worker, objects, vars = {}, onEvent } = options;
    const clock = outsideClock(options.clock ?? realClock);
    this.#worker = worker;
    this.#storage = storage;
    this.#clock = clock;
    if (onEvent !== undefined) this.#listeners.add(onEvent);
    const listeners = this.#listeners;
    const env: Record<string, unknown> = { ...vars };
    const shared: SharedParts = {
      clock,
      env,
      outbound: globalThis.fetch.bind(globalThis),
      variant: options.variant ?? "fix",
      hibernateAfterMs: options.hibernateAfterMs ?? 30_000,
      get listening() {
        return listeners.size > 0;
      },
      emit: (object, event) => this.#emit(object, event),
    };
    this.#uninstall = installGlobals();
    this.#classes = new Map([...classes].map(([className, objectClass]) => [
      className,
      new ObjectClassHost(className, (id) => {
        if (id.name !== undefined) storage.keepName(className, id.toString(), id.name);
        const own = storage.objectStorage(className, id.toString());
        return new HostedObject({ id, className, objectClass, storage: own, shared });
      }),
    ]));
    this.#bindings = new Map(
      Object.entries(objects).flatMap(([binding, className]) => {
        const namespace = this.#classes.get(className)?.namespace();
        return namespace === undefined ? [] : [[binding, namespace]];
      }),
    );
    this.env = Object.assign(env, Object.fromEntries(this.#bindings));
    this.#rememberAlarms();
  }

  async fetch(request: Request, _info?: ConnectionInfo): Promise<Response> {
    if (new URL(request.url).pathname === STATS_PATH) return Response.json(this.stats());
    // Deno 2.9.6 tells an upgraded socket that its client has left only where somebody has asked.
    request.signal.throwIfAborted();
    const response = await this.dispatch(request);
    const { webSocket } = response;
    return webSocket ? upgrade(request, webSocket, response) : response;
  }

  async dispatch(request: Request): Promise<Response> {
    if (this.#closed) return new Response("The host is closed\n", { status: 503 });
    const { default: entry } = this.#worker;
    if (entry?.fetch === undefined) {
      return new Response("The Worker has no fetch() handler\n", { status: 404 });
    }
    const ctx = {
      waitUntil: (promise: Promise<unknown>) => void promise.catch(() => {}),
      passThroughOnException: () => {},
    };
    try {
      return await runOutside(() => entry.fetch?.(request, { ...this.env } as never, ctx)) ??
        new Response(null, { status: 500 });
    } catch (error) {
      return new Response(`The Worker threw: ${messageOf(error)}\n`, { status: 500 });
    }
  }

  namespace(binding: string): DurableObjectNamespace {
    const found = this.#bindings.get(binding);
    if (found !== undefined) return found;
    throw new RangeError(
      `Cannot find the binding '${binding}', expected one of: ${
        [...this.#bindings.keys()].join(", ")
      }`,
    );
  }

  explain(id: DurableObjectId | string): Explanation | undefined {
    for (const objects of this.#classes.values()) {
      const object = objects.find(id.toString());
      if (object !== undefined) return object.explain();
    }
    return undefined;
  }

  subscribe(listener: (event: HostEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  stats(): HostFigures {
    const objects = this.#objects().map((object) => object.figures());
    return {
      schema: STATS_SCHEMA,
      waiting: objects.filter(({ state }) => state === "running").length,
      locks: 0,
      upstreams: 0,
      objects,
    };
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      for (const object of this.#objects()) object.close();
      this.#storage.close();
      this.#uninstall();
    }
    return Promise.resolve();
  }

  #objects(): HostedObject[] {
    return [...this.#classes.values()].flatMap(({ objects }) => [...objects]);
  }

  /** Wakes what had an alarm pending when a former process ended: it runs at its time. */
  #rememberAlarms(): void {
    for (const { className, id, name } of this.#storage.alarms()) {
      const objects = this.#classes.get(className);
      objects?.object(objects.ids.fromString(id, name));
    }
  }

  #emit(object: HostedObject, event: HostEventKind): void {
    const whole: HostEvent = {
      ...event,
      seq: ++this.#seq,
      atMs: this.#clock.now(),
      id: object.id.toString(),
      name: object.id.name,
      className: object.className,
      incarnation: object.constructions,
    };
    for (const listener of this.#listeners) runOutside(() => listener(whole));
  }
}
