// Streams and their readers: those of a body belong to the request that the body belongs to.

import type { Patches } from "../../durable_objects/globals/patches.ts";
import { CallPlace } from "../../durable_objects/place.ts";
import { LOCKED_MESSAGE } from "../cross_request.ts";
import {
  isAnothers,
  isSpent,
  isWatched,
  own,
  ownCopy,
  ownerOf,
  refused,
  touch,
} from "../foreign_touch.ts";
import { currentRequest } from "../request_context.ts";
import { patchPipes } from "./pipes.ts";
import { senderOf } from "./sent.ts";

const SOURCE = "ReadableStreamSource";

/** The streams that readers were made of. */
const sources = new WeakMap<object, ReadableStream>();

/** A read of a body counts as under way until it is over. */
function counted<T>(stream: object, place: CallPlace, read: () => Promise<T>): Promise<T> {
  const request = currentRequest();
  if (request === undefined || ownerOf(stream) !== request) return read();
  const activity = request.activities.begin("request", place);
  const reading = read();
  const end = () => activity.end();
  reading.then(end, end);
  return reading;
}

type Read = (this: object, ...args: unknown[]) => Promise<unknown>;

function patchReader(patches: Patches, prototype: object): void {
  const method = (name: string): Read => Reflect.get(prototype, name);
  const read = method("read");
  const madeRead = function (this: object, ...args: unknown[]): Promise<unknown> {
    const stream = sources.get(this);
    if (stream === undefined) return read.apply(this, args);
    const sender = senderOf(stream);
    if (sender !== undefined) return sender.run(() => read.apply(this, args));
    const error = touch(stream, SOURCE, "read", madeRead);
    if (error !== undefined) return refused(error);
    return counted(stream, new CallPlace(madeRead), () => read.apply(this, args));
  };
  patches.method(prototype, "read", read, madeRead);

  const cancel = method("cancel");
  const madeCancel = function (this: object, ...args: unknown[]): Promise<unknown> {
    const error = touch(this, "Canceler", "cancel", madeCancel) ??
      touch(sources.get(this), SOURCE, "cancel", madeCancel);
    return error === undefined ? cancel.apply(this, args) : refused(error);
  };
  patches.method(prototype, "cancel", cancel, madeCancel);

  const releaseLock = method("releaseLock");
  const madeRelease = function (this: object): unknown {
    const error = touch(this, "Canceler", "releaseLock", madeRelease);
    if (error !== undefined) throw error;
    return releaseLock.call(this);
  };
  patches.method(prototype, "releaseLock", releaseLock, madeRelease);
}

function patchGetReader(patches: Patches): void {
  const { prototype } = ReadableStream;
  const original = prototype.getReader as (this: ReadableStream, options?: unknown) => object;
  const made = function (this: ReadableStream, options?: unknown): object {
    if (isAnothers(this) && this.locked) throw new TypeError(`${LOCKED_MESSAGE}.`);
    const reader = original.call(this, options);
    if (isWatched(this) || senderOf(this) !== undefined) sources.set(reader, this);
    if (ownerOf(this) !== undefined) own(reader, { place: new CallPlace(made) });
    return reader;
  };
  patches.method(prototype, "getReader", original, made);

  const locked = Object.getOwnPropertyDescriptor(prototype, "locked")?.get;
  if (locked === undefined) return;
  patches.getter(prototype, "locked", function () {
    return isSpent(this as object) || locked.call(this);
  });
}

/** `tee` throws at once, `cancel` rejects. */
function patchWhole(patches: Patches): void {
  const { prototype } = ReadableStream;
  const tee = prototype.tee;
  const madeTee = function (this: ReadableStream): ReadableStream[] {
    const isHeld = isAnothers(this) ? this.locked : isSpent(this);
    const error = touch(this, SOURCE, "tee", madeTee);
    if (isHeld) throw new TypeError(`${LOCKED_MESSAGE},`);
    if (error !== undefined) throw error;
    const branches = tee.call(this);
    for (const branch of branches) ownCopy(branch, this);
    return branches;
  };
  patches.method(prototype, "tee", tee, madeTee);

  const cancel = prototype.cancel;
  const madeCancel = function (this: ReadableStream, reason?: unknown): Promise<void> {
    const error = touch(this, SOURCE, "cancel", madeCancel);
    return error === undefined ? cancel.call(this, reason) : refused(error);
  };
  patches.method(prototype, "cancel", cancel, madeCancel);
}

type Iterate = (this: ReadableStream, options?: unknown) => AsyncIterator<unknown>;

/** Iterating another's begins well; it is the first `next()` that is refused. */
function patchIterate(patches: Patches, name: "values" | typeof Symbol.asyncIterator): void {
  const { prototype } = ReadableStream;
  const original = Reflect.get(prototype, name) as Iterate;
  const made = function (this: ReadableStream, options?: unknown): AsyncIterator<unknown> {
    if (ownerOf(this) === undefined || currentRequest() === undefined) {
      return original.call(this, options);
    }
    const place = new CallPlace(made);
    if (isAnothers(this) && this.locked) throw new TypeError(`${LOCKED_MESSAGE}.`);
    const error = touch(this, SOURCE, "values", made);
    const iterator = original.call(this, options);
    const next = iterator.next;
    const madeNext = (): Promise<IteratorResult<unknown>> =>
      error === undefined ? counted(this, place, () => next.call(iterator)) : refused(error);
    return Object.defineProperty(iterator, "next", { value: madeNext });
  };
  patches.method(prototype, name, original, made);
}

/** Dispatches `ReadableStream` and its readers. Streams that a Worker's own code makes are nobody's. */
export function patchStreams(patches: Patches): void {
  patchGetReader(patches);
  patchWhole(patches);
  patchPipes(patches);
  patchIterate(patches, "values");
  patchIterate(patches, Symbol.asyncIterator);
  for (const { prototype } of [ReadableStreamDefaultReader, ReadableStreamBYOBReader]) {
    patchReader(patches, prototype);
  }
}
