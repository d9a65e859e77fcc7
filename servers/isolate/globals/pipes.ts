// Pipes: the runtime reads on for the request that piped, and no longer than that lives.

import type { Patches } from "../../durable_objects/globals/patches.ts";
import { CallPlace } from "../../durable_objects/place.ts";
import { ownerOf, ownFed, refused, touch } from "../foreign_touch.ts";
import { currentRequest, type RequestContext } from "../request_context.ts";

const SOURCE = "ReadableStreamSource";

/** A stream that gives what another gives, as long as its request lives. */
interface Piped {
  readonly stream: ReadableStream;
  /** Another has taken something out of the other end: it is what wakes the pipe. */
  onTaken(by: RequestContext, at: CallPlace): void;
}

/**
 * With `resume-in-settler` a pipe, too, goes on in the context of whoever wakes it, and reads another's
 * body there.
 */
function piped(source: ReadableStream, maker: RequestContext, place: CallPlace): Piped {
  const reader = source.getReader();
  const isOwn = ownerOf(source) === maker;
  const read = async () => {
    const activity = isOwn ? maker.activities.begin("request", place) : undefined;
    try {
      return await maker.run(() => reader.read());
    } finally {
      activity?.end();
    }
  };
  // The first piece is read at once, as workerd does, and not when it is asked for, as Deno does.
  let ahead: ReturnType<typeof read> | undefined = read();
  ahead.catch(() => {});
  let wokenBy: { readonly by: RequestContext; readonly at: CallPlace } | undefined;
  const pull = async (controller: ReadableStreamDefaultController) => {
    const { by, at } = wokenBy ?? { by: maker, at: place };
    const error = ahead === undefined ? by.run(() => touch(source, SOURCE, "pipe", at)) : undefined;
    if (error !== undefined) throw error;
    const { done, value } = await (ahead ?? read());
    ahead = undefined;
    if (!maker.alive && wokenBy === undefined) await new Promise<never>(() => {});
    if (done) controller.close();
    else controller.enqueue(value);
  };
  return {
    stream: new ReadableStream(
      { pull, cancel: (reason) => maker.run(() => reader.cancel(reason)) },
      { highWaterMark: 0 },
    ),
    onTaken(by, at) {
      if (by.isolate.crossRequest === "resume-in-settler") wokenBy = { by, at };
    },
  };
}

type Pair = { readable: ReadableStream; writable: WritableStream };

/** Dispatches `pipeTo` and `pipeThrough`. */
export function patchPipes(patches: Patches): void {
  const { prototype } = ReadableStream;
  const pipeTo = prototype.pipeTo;
  const madePipe = function (
    this: ReadableStream,
    target: WritableStream,
    options?: StreamPipeOptions,
  ): Promise<void> {
    const error = touch(this, SOURCE, "pipeTo", madePipe);
    if (error !== undefined) return refused(error);
    const request = currentRequest();
    if (request === undefined || ownerOf(this) !== request) {
      return pipeTo.call(this, target, options);
    }
    const { stream } = piped(this, request, new CallPlace(madePipe));
    return pipeTo.call(stream, target, options);
  };
  patches.method(prototype, "pipeTo", pipeTo, madePipe);

  const pipeThrough = prototype.pipeThrough;
  const madeThrough = function (this: ReadableStream, pair: Pair, options?: StreamPipeOptions) {
    const request = currentRequest();
    if (request === undefined) return pipeThrough.call(this, pair, options);
    const error = touch(this, SOURCE, "pipeThrough", madeThrough);
    if (error !== undefined) {
      // Whoever reads the other end hears of it.
      pair.writable.abort(error).catch(() => {});
      return pair.readable;
    }
    const { stream, onTaken } = piped(this, request, new CallPlace(madeThrough));
    ownFed(pair.readable, request, onTaken);
    return pipeThrough.call(stream, pair, options);
  };
  patches.method(prototype, "pipeThrough", pipeThrough, madeThrough);
}
