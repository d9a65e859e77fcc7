// The module `cloudflare:workers` as the host has it: map that name to this file in an import map.

import type { DurableObjectState } from "./api.ts";
import { currentEvent } from "./context.ts";

/** The base class of Durable Objects. */
export class DurableObject<Env = unknown> {
  /** What the object can do with itself. */
  protected readonly ctx: DurableObjectState;
  /** The bindings. */
  protected readonly env: Env;

  /** Made by the host, never by a program. */
  constructor(ctx: DurableObjectState, env: Env) {
    this.ctx = ctx;
    this.env = env;
  }
}

/** The base class of a Worker's entrypoints. */
export class WorkerEntrypoint<Env = unknown> {
  /** What the entrypoint can do with its request. */
  protected readonly ctx: { waitUntil(promise: Promise<unknown>): void };
  /** The bindings. */
  protected readonly env: Env;

  /** Made by the host, never by a program. */
  constructor(ctx: { waitUntil(promise: Promise<unknown>): void }, env: Env) {
    this.ctx = ctx;
    this.env = env;
  }
}

/** The base class of what is passed over RPC by reference. */
export class RpcTarget {}

/** The bindings of the object whose code runs; empty outside of objects. */
export const env: Record<string, unknown> = new Proxy({}, {
  get: (_, name) => Reflect.get(bindings(), name),
  has: (_, name) => Reflect.has(bindings(), name),
  ownKeys: () => Reflect.ownKeys(bindings()),
  getOwnPropertyDescriptor: (_, name) => {
    const found = Reflect.getOwnPropertyDescriptor(bindings(), name);
    return found && { ...found, configurable: true };
  },
});

function bindings(): Record<string, unknown> {
  return (currentEvent()?.object.env ?? {}) as Record<string, unknown>;
}
