// What a call over RPC returns: a promise whose result's members can be called before it is there.

/** Names that belong to the promise itself. */
const OF_PROMISES: ReadonlySet<PropertyKey> = new Set(["then", "catch", "finally"]);

/**
 * A member on the other side: awaited it is read, called it is called, and so are its own members. It
 * never throws at once.
 *
 * @param read Gives its value.
 * @param call Calls it.
 */
export function member(
  read: () => Promise<unknown>,
  call: (args: unknown[]) => Promise<unknown>,
): () => Promise<unknown> {
  // A function, so that it can be called; the proxy hides all else of it.
  return new Proxy(() => Promise.resolve<unknown>(undefined), {
    apply: (_target, _this, args: unknown[]) => result(call(args)),
    get: (_target, name) => OF_PROMISES.has(name) ? ofPromise(read(), name) : memberOf(read, name),
  });
}

/** The result of a call that is under way: a promise, so that whoever looks for one finds it. */
function result(promise: Promise<unknown>): Promise<unknown> {
  return new Proxy(promise, {
    get: (_target, name) =>
      OF_PROMISES.has(name) ? ofPromise(promise, name) : memberOf(() => promise, name),
  });
}

function ofPromise(promise: Promise<unknown>, name: PropertyKey): unknown {
  return Reflect.get(promise, name).bind(promise);
}

function memberOf(read: () => Promise<unknown>, name: PropertyKey): unknown {
  if (typeof name === "symbol") return undefined;
  const holder = async () => await read() as object;
  return member(
    async () => Reflect.get(await holder(), name),
    async (args) => {
      const whose = await holder();
      return Reflect.apply(Reflect.get(whose, name), whose, args);
    },
  );
}
