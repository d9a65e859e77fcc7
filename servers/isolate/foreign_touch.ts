// Whose each thing is, and what happens when another request touches it.

import { CallPlace } from "../durable_objects/place.ts";
import { foreignIoMessage, type IoType } from "./cross_request.ts";
import { currentRequest, type RequestContext } from "./request_context.ts";

/** One request has touched what belongs to another. */
export interface ForeignTouch {
  /** What was touched, by the runtime's name for it. */
  readonly ioType: IoType;
  /** What was called, as `arrayBuffer`. */
  readonly action: string;
  /** Who touched it, as `POST /b (request 2)`. */
  readonly by: string;
  /** Whose it is, as `POST /a (request 1)`. */
  readonly of: string;
  /** Where it was touched, as `gateway.ts:12`; undefined where the stack has no such place. */
  readonly touchedAt: string | undefined;
  /** Where it was made; undefined for what came with the request. */
  readonly madeAt: string | undefined;
}

/** Whose a thing is. */
interface Owner {
  readonly request: RequestContext;
  readonly place: CallPlace | undefined;
}

const owners = new WeakMap<object, Owner>();

/** A function as the stack knows it. */
// deno-lint-ignore ban-types -- what the runtime's captureStackTrace takes
type Callee = Function;

/** A thing belongs to the request whose code runs, or to `request`. Outside of requests to nobody. */
export function own(
  thing: object,
  { request = currentRequest(), place }: {
    request?: RequestContext | undefined;
    place?: CallPlace | undefined;
  } = {},
): void {
  if (request !== undefined) owners.set(thing, { request, place });
}

/** A thing belongs to whom another belongs: a body's stream, a branch of a stream. */
export function ownLike(thing: object, other: object): void {
  const owner = owners.get(other);
  if (owner !== undefined) owners.set(thing, owner);
}

/** Whose a thing is; undefined for what is nobody's. */
export function ownerOf(thing: object): RequestContext | undefined {
  return owners.get(thing)?.request;
}

/**
 * Notes that a thing is touched by the request whose code runs.
 *
 * @param callee The function that its code called.
 * @returns The runtime's error when the thing is another's; undefined when all is well.
 */
export function touch(
  thing: object | null | undefined,
  ioType: IoType,
  action: string,
  callee: Callee,
): Error | undefined {
  const owner = thing ? owners.get(thing) : undefined;
  const by = owner && currentRequest();
  if (owner === undefined || by === undefined || by === owner.request) return undefined;
  by.isolate.onTouch({
    ioType,
    action,
    by: String(by),
    of: String(owner.request),
    touchedAt: new CallPlace(callee).place,
    madeAt: owner.place?.place,
  });
  if (ioType !== "Timeout" && by.isolate.crossRequest === "cancel-503") {
    owner.request.cancel("touched");
  }
  return new Error(foreignIoMessage(ioType));
}

/** What a method gives that answers by a promise: a rejection, or nothing ever to a cancelled one. */
export function refused(error: Error): Promise<never> {
  return currentRequest()?.isolate.crossRequest === "cancel-503"
    ? new Promise(() => {})
    : Promise.reject(error);
}
