// Puts things in the place of properties, and can put every one of them back as it was.

/** A constructor that is called with anything. */
export type AnyConstructor = new (...args: never[]) => object;

/** A function that is called with anything. */
type AnyFunction = (...args: never[]) => unknown;

/** What was put in the place of other things. */
export class Patches {
  readonly #undo: (() => void)[] = [];

  /** Puts a value in the place of a property, which may not be there yet. */
  value(target: object, name: PropertyKey, value: unknown): void {
    this.#define(target, name, { value, writable: true });
  }

  /** Puts a getter in the place of a property, which may not be there yet. */
  getter(target: object, name: PropertyKey, get: (this: unknown) => unknown): void {
    this.#define(target, name, { get });
  }

  /** Puts a function in the place of another, with its name and length. */
  method(target: object, name: PropertyKey, original: AnyFunction, made: AnyFunction): void {
    for (const key of ["name", "length"] as const) {
      Object.defineProperty(made, key, { value: original[key], configurable: true });
    }
    this.value(target, name, made);
  }

  /** Calls back when everything is put back. */
  onUndo(callback: () => void): void {
    this.#undo.push(callback);
  }

  /** Puts everything back, the last first. */
  undo(): void {
    for (let back = this.#undo.pop(); back !== undefined; back = this.#undo.pop()) back();
  }

  #define(target: object, name: PropertyKey, descriptor: PropertyDescriptor): void {
    const before = Object.getOwnPropertyDescriptor(target, name);
    Object.defineProperty(target, name, {
      ...descriptor,
      enumerable: before?.enumerable ?? false,
      configurable: true,
    });
    this.#undo.push(() => {
      if (before === undefined) Reflect.deleteProperty(target, name);
      else Object.defineProperty(target, name, before);
    });
  }
}

/**
 * Makes a constructor that stands in for a global one: same prototype, same static properties, so
 * that `instanceof` holds both ways and subclasses of either work. It becomes the `constructor` of
 * the prototype and the global of that name.
 *
 * @param construct Makes an instance, mostly with `Reflect.construct(original, args, newTarget)`.
 * @param call What a call without `new` does.
 */
export function standIn(
  patches: Patches,
  original: AnyConstructor,
  construct: (args: unknown[], newTarget: AnyConstructor) => object,
  call: () => unknown,
): AnyConstructor {
  const made = function (this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) return call();
    const target = new.target as unknown as AnyConstructor;
    return construct(args, target === (made as unknown) ? original : target);
  };
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = Object.getOwnPropertyDescriptor(original, key);
    if (descriptor !== undefined) Object.defineProperty(made, key, descriptor);
  }
  patches.value(original.prototype, "constructor", made);
  patches.value(globalThis, original.name, made);
  return made as unknown as AnyConstructor;
}
