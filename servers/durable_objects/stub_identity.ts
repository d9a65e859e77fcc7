// Which objects are stubs: what crosses RPC must know, and cannot ask a stub, which answers to any name.

const stubs = new WeakSet<object>();

/** Remembers a stub as one. */
export function rememberStub<T extends object>(stub: T): T {
  stubs.add(stub);
  return stub;
}

/** Whether something is a stub. */
export function isStub(value: object): boolean {
  return stubs.has(value);
}
