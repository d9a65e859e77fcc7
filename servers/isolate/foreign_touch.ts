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

/** Told when another request than the one that pipes into a stream takes something out of it. */
type OnTaken = (by: RequestContext, at: CallPlace) => void;

/** Whose a thing is. A body, its stream and what was made around that have one together. */
interface Owner {
  readonly request: RequestContext;
  readonly place: CallPlace | undefined;
  /** Of a stream that may be read by all, though it is one request that pipes into it. */
  readonly onTaken?: OnTaken;
  /** A touch that was refused has used it up, for its own request too. */
  isSpent?: boolean;
}

const owners = new WeakMap<object, Owner>();

/** What was called that leaves a body as it was when it is refused. */
const SPARING: ReadonlySet<string> = new Set(["fetch", "return"]);

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

/** A copy belongs to whom the original belongs, and is used up by itself. */
export function ownCopy(copy: object, original: object): void {
  const owner = owners.get(original);
  if (owner !== undefined) owners.set(copy, { ...owner });
}

/** A stream is fed by a request: all may read it, and its feeder hears of it. */
export function ownFed(stream: object, request: RequestContext, onTaken: OnTaken): void {
  if (!owners.has(stream)) owners.set(stream, { request, place: undefined, onTaken });
}

/** Whose a thing is; undefined for what is nobody's, or for all to read. */
export function ownerOf(thing: object): RequestContext | undefined {
  const owner = owners.get(thing);
  return owner?.onTaken === undefined ? owner?.request : undefined;
}

/** Whether a thing is another's than of the request whose code runs. */
export function isAnothers(thing: object): boolean {
  const [owner, by] = [ownerOf(thing), currentRequest()];
  return owner !== undefined && by !== undefined && owner !== by;
}

/** Whether something is to be done when a thing is touched. */
export function isWatched(thing: object): boolean {
  return owners.has(thing);
}

/** Whether a touch that was refused has used a thing up. Outside of requests nothing is. */
export function isSpent(thing: object): boolean {
  return owners.get(thing)?.isSpent === true && currentRequest() !== undefined;
}

/**
 * Notes that a thing is touched by the request whose code runs.
 *
 * @param at The function that its code called, or the place where it did.
 * @returns The runtime's error when the thing is another's; undefined when all is well.
 */
export function touch(
  thing: object | null | undefined,
  ioType: IoType,
  action: string,
  at: Callee | CallPlace,
): Error | undefined {
  const owner = thing ? owners.get(thing) : undefined;
  const by = owner && currentRequest();
  if (owner === undefined || by === undefined || by === owner.request) return undefined;
  const place = at instanceof CallPlace ? at : new CallPlace(at);
  if (owner.onTaken !== undefined) return void owner.onTaken(by, place);
  by.isolate.onTouch({
    ioType,
    action,
    by: String(by),
    of: String(owner.request),
    touchedAt: place.place,
    madeAt: owner.place?.place,
  });
  if (ioType !== "Timeout" && by.isolate.crossRequest === "cancel-503") {
    owner.request.cancel("touched");
  }
  if (!SPARING.has(action)) owner.isSpent = true;
  return new Error(foreignIoMessage(ioType));
}

/** What a method gives that answers by a promise: a rejection, or nothing ever to a cancelled one. */
export function refused(error: Error): Promise<never> {
  return currentRequest()?.isolate.crossRequest === "cancel-503"
    ? new Promise(() => {})
    : Promise.reject(error);
}
