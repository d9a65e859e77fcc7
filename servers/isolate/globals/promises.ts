// `new Promise`: one that another request settles is where requests of an isolate meet.

import type { Patches } from "../../durable_objects/globals/patches.ts";
import { currentRequest, type RequestContext } from "../request_context.ts";

type Settle = (value?: unknown) => void;
type Executor = (resolve: Settle, reject: Settle) => void;

/** Lets a settling through, unless the request whose promise it is has ended or ends by it. */
function settlesFor(maker: RequestContext, settle: Settle): Settle {
  return (value) => {
    const settler = currentRequest();
    if (settler !== undefined && settler !== maker) {
      maker.isolate.onSettledElsewhere(maker, settler);
    }
    if (maker.alive) settle(value);
  };
}

/**
 * Dispatches `new Promise` and `Promise.withResolvers`. A promise that a request made can be settled
 * only while the request lives. The class stays the runtime's: `async` functions and `await` know no
 * other.
 */
export function patchPromises(patches: Patches): void {
  const Original = globalThis.Promise;
  const construct = (executor: Executor, maker: RequestContext, target: unknown) =>
    Reflect.construct(Original, [
      (resolve: Settle, reject: Settle) =>
        executor(settlesFor(maker, resolve), settlesFor(maker, reject)),
    ], target as typeof Promise);
  const made = function (this: unknown, executor: Executor): unknown {
    if (new.target === undefined) {
      return Reflect.apply(Original as unknown as () => never, undefined, [executor]);
    }
    const target = new.target === (made as unknown) ? Original : new.target;
    const maker = currentRequest();
    return maker === undefined || typeof executor !== "function"
      ? Reflect.construct(Original, [executor], target as unknown as typeof Promise)
      : construct(executor, maker, target);
  };
  for (const key of Reflect.ownKeys(Original)) {
    const descriptor = Object.getOwnPropertyDescriptor(Original, key);
    if (descriptor === undefined) continue;
    const { value } = descriptor;
    if (typeof value === "function") {
      // Called on the stand-in they are the runtime's, called on a subclass the subclass's.
      descriptor.value = function (this: unknown, ...args: unknown[]): unknown {
        return Reflect.apply(value, this === made ? Original : this, args);
      };
      for (const name of ["name", "length"]) {
        Object.defineProperty(descriptor.value, name, { value: value[name], configurable: true });
      }
    }
    Object.defineProperty(made, key, descriptor);
  }
  const withResolvers = () => {
    let settles: { resolve: Settle; reject: Settle } | undefined;
    const promise = Reflect.construct(made, [
      (resolve: Settle, reject: Settle) => void (settles = { resolve, reject }),
    ]);
    return { promise, ...settles };
  };
  Object.defineProperty(made, "withResolvers", {
    value: withResolvers,
    writable: true,
    configurable: true,
  });
  patches.value(globalThis, "Promise", made);
}
