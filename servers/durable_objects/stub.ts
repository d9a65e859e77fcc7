// A stub: `fetch` and every method of an object's class, called from outside the object.

import type { DurableObjectId, DurableObjectStub } from "./api.ts";
import type { HostedObject } from "./hosted_object.ts";
import { isReset, marked } from "./remote_error.ts";
import { DurableObject, RpcTarget } from "./workers.ts";

/** Methods that the host calls and nobody else. */
const HANDLERS: ReadonlySet<string> = new Set([
  "alarm",
  "constructor",
  "dup",
  "webSocketClose",
  "webSocketError",
  "webSocketMessage",
]);

/** Names that JavaScript itself asks an object for. */
const NOT_METHODS: ReadonlySet<string> = new Set(["then", "toJSON"]);

/**
 * Makes a stub.
 *
 * @param find The object, asked for on each call: nothing is started by making a stub.
 */
export function createStub(id: DurableObjectId, find: () => HostedObject): DurableObjectStub {
  let broken: { reason: unknown } | undefined;
  /** A stub whose object was reset stays broken, as in workerd: who goes on asks for a new one. */
  const through = async <T>(ask: (object: HostedObject) => Promise<T>): Promise<T> => {
    if (broken !== undefined) throw broken.reason;
    try {
      return await ask(find());
    } catch (error) {
      const reason = marked(error, { remote: true });
      if (isReset(reason)) broken = { reason };
      throw reason;
    }
  };
  const own: DurableObjectStub = {
    id,
    ...(id.name !== undefined && { name: id.name }),
    fetch: (input, init) => through((object) => fetchFrom(object, requestOf(input, init))),
  };
  return new Proxy(own, {
    get(target, name) {
      if (typeof name === "symbol" || name in target) return Reflect.get(target, name);
      if (NOT_METHODS.has(name)) return undefined;
      return (...args: unknown[]) => through((object) => call(object, name, args));
    },
  });
}

function requestOf(input: Request | URL | string, init?: RequestInit): Request {
  if (input instanceof Request && init === undefined) return input;
  // Only the path of the URL means something to an object; the runtime takes any host.
  return new Request(input, init);
}

/** Lets an object answer a request. */
async function fetchFrom(object: HostedObject, request: Request): Promise<Response> {
  let answered = (_: Response) => {};
  let failed = (_: unknown) => {};
  const first = new Promise<Response>((resolve, reject) => {
    answered = resolve;
    failed = reject;
  });
  object.handle("request", "request", async (instance) => {
    if (instance.fetch === undefined) {
      throw new Error("Handler does not export a fetch() function.");
    }
    const response = await instance.fetch(request);
    if (!(response instanceof Response)) {
      throw new TypeError(
        `Cannot answer a request: fetch() of ${object.className} returned ${
          response === null ? "null" : typeof response
        }, expected a Response`,
      );
    }
    if (response.body === null || response.webSocket) return answered(response);
    const { response: watched, over } = watch(response);
    answered(watched);
    // The request is under way as long as its answer is.
    await over;
  }).catch(failed);
  return await first;
}

/** The same response, with what tells when its body is over. */
function watch(response: Response): { response: Response; over: Promise<void> } {
  let end = () => {};
  const over = new Promise<void>((resolve) => end = resolve);
  const reader = response.body?.getReader();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const part = await reader?.read();
        if (part === undefined || part.done) {
          controller.close();
          end();
        } else controller.enqueue(part.value);
      } catch (error) {
        controller.error(error);
        end();
      }
    },
    async cancel(reason) {
      end();
      await reader?.cancel(reason);
    },
  }, { highWaterMark: 0 });
  const { status, statusText, headers } = response;
  return { response: new Response(body, { status, statusText, headers }), over };
}

/** Reads a property of the class's prototype, and calls it where it is a method. */
async function call(object: HostedObject, name: string, args: unknown[]): Promise<unknown> {
  const given = args.map(passed);
  return await object.handle("rpc", "rpc", async (instance) => {
    if (!(instance instanceof DurableObject)) {
      throw new TypeError(
        `Cannot call ${name}() of ${object.className}: it does not extend DurableObject, which RPC needs`,
      );
    }
    if (HANDLERS.has(name)) {
      throw new TypeError(`'${name}' is a reserved method and cannot be called over RPC.`);
    }
    // What an instance keeps in its fields is nobody else's.
    const found = Object.hasOwn(instance, name) ? undefined : Reflect.get(instance, name);
    if (found === undefined) {
      throw new TypeError(`The RPC receiver does not implement the method "${name}".`);
    }
    return passed(
      typeof found === "function" ? await Reflect.apply(found, instance, given) : found,
    );
  });
}

/** A value as it arrives on the other side: functions and RPC targets by reference, the rest cloned. */
function passed(value: unknown): unknown {
  const byReference = typeof value === "function" || value instanceof RpcTarget;
  return byReference || value instanceof Request || value instanceof Response
    ? value
    : structuredClone(value);
}
