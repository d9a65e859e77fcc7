// A stub: `fetch` and every method of an object's class, called from outside the object.

import type { DurableObjectId, DurableObjectStub } from "./api.ts";
import type { HostedObject } from "./hosted_object.ts";
import { copied, isReset, marked } from "./remote_error.ts";
import { member } from "./rpc_promise.ts";
import { passed } from "./rpc_value.ts";
import { rememberStub } from "./stub_identity.ts";
import { fetchFrom } from "./stub_fetch.ts";
import { DurableObject } from "./workers.ts";

/** Methods that the host calls and nobody else. */
const HANDLERS: ReadonlySet<string> = new Set([
  "alarm",
  "dup",
  "webSocketClose",
  "webSocketError",
  "webSocketMessage",
]);

/** Names that JavaScript itself asks an object for. */
const NOT_METHODS: ReadonlySet<string> = new Set(["then", "toJSON"]);

/** What stubs are objects of, as workerd names it; nobody makes one with `new`. */
const Stub = Object.defineProperty(
  function () {
    throw new TypeError("Illegal constructor");
  },
  "name",
  { value: "DurableObject" },
);
Object.defineProperty(Stub.prototype, Symbol.toStringTag, { value: "DurableObject" });

/**
 * Makes a stub.
 *
 * @param find The object, asked for on each call: nothing is started by making a stub.
 */
export function createStub(id: DurableObjectId, find: () => HostedObject): DurableObjectStub {
  let broken: { reason: unknown } | undefined;
  /** A stub whose object was reset stays broken, as in workerd: who goes on asks for a new one. */
  const through = async <T>(
    ask: (object: HostedObject) => Promise<T>,
    mark: (copy: Error, error: unknown) => Error,
  ): Promise<T> => {
    if (broken !== undefined) throw broken.reason;
    try {
      return await ask(find());
    } catch (error) {
      // Once the object was reset, the mark of that is the only one that later calls see.
      if (isReset(error)) broken = { reason: copied(error) };
      throw mark(copied(error), error);
    }
  };
  const byFetch = (copy: Error): Error => marked(copy, { remote: true });
  const byCall = (copy: Error, error: unknown): Error => {
    if (isReset(error)) return copy;
    // What its own code threw bears the object's id.
    const own = error instanceof Error && !(error instanceof Refusal);
    return marked(copy, { remote: true, ...(own && { durableObjectId: id.toString() }) });
  };
  const own: DurableObjectStub = Object.create(Stub.prototype, {
    id: { value: id, enumerable: true },
    name: { value: id.name, enumerable: true },
    fetch: {
      value: async (...args: unknown[]) => {
        const request = requestOf(args);
        return await through((object) => fetchFrom(object, request), byFetch);
      },
    },
  });
  const method = (name: string) =>
    member(
      () => through((object) => read(object, name), byCall),
      async (args) => {
        const given = args.map((arg) => passed(arg));
        const result = await through((object) => call(object, name, given), byCall);
        try {
          return passed(result);
        } catch (error) {
          throw marked(error, { remote: true });
        }
      },
    );
  return rememberStub(
    new Proxy(own, {
      get(target, name) {
        if (typeof name === "symbol" || name in target) return Reflect.get(target, name);
        return NOT_METHODS.has(name) ? undefined : method(name);
      },
    }),
  );
}

/** What `fetch()` was called with. Errors are the caller's own, with workerd's texts. */
function requestOf([input, init]: unknown[]): Request {
  if (input instanceof Request && init === undefined) return input;
  if (input === undefined) {
    throw new TypeError(
      "Failed to execute 'fetch' on 'Fetcher': parameter 1 is not of type 'Request or string'.",
    );
  }
  if (!(input instanceof Request) && !URL.canParse(String(input))) {
    throw new TypeError(`Invalid URL: ${input}`);
  }
  // Only the path of the URL means something to an object; the runtime takes any host.
  return new Request(input as Request, init as RequestInit);
}

/** What the runtime says, and not the object's code. */
class Refusal extends TypeError {}

/** A property of the class's prototype. */
function memberOf(instance: object, name: string): unknown {
  if (!(instance instanceof DurableObject)) {
    throw new Refusal(
      "The receiving Durable Object does not support RPC, because its class was not declared " +
        "with `extends DurableObject`. In order to enable RPC, make sure your class extends the " +
        'special class `DurableObject`, which can be imported from the module "cloudflare:workers".',
    );
  }
  if (HANDLERS.has(name)) {
    throw new Refusal(`'${name}' is a reserved method and cannot be called over RPC.`);
  }
  // What an instance keeps in its fields is nobody else's.
  const found = Object.hasOwn(instance, name) ? undefined : Reflect.get(instance, name);
  if (found !== undefined) return found;
  throw new Refusal(`The RPC receiver does not implement the method "${name}".`);
}

/** Calls a method, or gives a property. */
async function call(object: HostedObject, name: string, args: unknown[]): Promise<unknown> {
  return await object.handle("rpc", "rpc", (instance) => {
    const found = memberOf(instance, name);
    return typeof found === "function" ? Reflect.apply(found, instance, args) : found;
  });
}

/** Gives a property; a method as what calls it. */
async function read(object: HostedObject, name: string): Promise<unknown> {
  const found = await object.handle("rpc", "rpc", (instance) => {
    const value = memberOf(instance, name);
    return { value };
  });
  return typeof found.value === "function"
    ? (...args: unknown[]) => call(object, name, args.map((arg) => passed(arg)))
    : passed(found.value);
}
