// A binding: all objects of a class, made on first use.

import type { DurableObjectId, DurableObjectNamespace } from "./api.ts";
import type { HostedObject } from "./hosted_object.ts";
import { IdMaker, isId } from "./id.ts";
import { createStub } from "./stub.ts";

/** The objects of one class. */
export class ObjectClassHost {
  /** The class's name. */
  readonly className: string;
  readonly ids: IdMaker;
  readonly #objects = new Map<string, HostedObject>();
  readonly #make: (id: DurableObjectId) => HostedObject;

  /** @param make Makes an object that was not used before. */
  constructor(className: string, make: (id: DurableObjectId) => HostedObject) {
    this.className = className;
    this.ids = new IdMaker(className);
    this.#make = make;
  }

  /** The objects that were used, in that order. */
  get objects(): Iterable<HostedObject> {
    return this.#objects.values();
  }

  /** One that was used. */
  find(id: string): HostedObject | undefined {
    return this.#objects.get(id);
  }

  /** One, made if need be. */
  object(id: DurableObjectId): HostedObject {
    const key = id.toString();
    let object = this.#objects.get(key);
    if (object === undefined) {
      object = this.#make(id);
      this.#objects.set(key, object);
    }
    return object;
  }

  /** The binding. */
  namespace(): DurableObjectNamespace {
    const { ids } = this;
    const get = (id: DurableObjectId) => {
      if (isId(id)) return createStub(id, () => this.object(id));
      throw new TypeError(
        "Failed to execute 'get' on 'DurableObjectNamespace': " +
          "parameter 1 is not of type 'DurableObjectId'.",
      );
    };
    return {
      idFromName: (name) => ids.fromName(name),
      idFromString: (id) => ids.fromString(id),
      newUniqueId: () => ids.unique(),
      jurisdiction() {
        throw new Error("Jurisdiction restrictions are not implemented in workerd.");
      },
      get,
      getByName: (name) => get(ids.fromName(name)),
    };
  }
}
