// `Request` and `Response`: their bodies belong to the request that made them, and reading one whole
// buffers it.

import {
  type AnyConstructor,
  type Patches,
  standIn,
} from "../../durable_objects/globals/patches.ts";
import { CallPlace } from "../../durable_objects/place.ts";
import {
  DISTURBED_MESSAGE,
  LOCKED_MESSAGE,
  RECONSTRUCTED_MESSAGE,
  USED_MESSAGE,
} from "../cross_request.ts";
import {
  isAnothers,
  isSpent,
  own,
  ownCopy,
  ownerOf,
  ownLike,
  refused,
  touch,
} from "../foreign_touch.ts";
import { currentRequest, type RequestContext } from "../request_context.ts";

const SOURCE = "ReadableStreamSource";

type Init = { body?: unknown } | undefined;
type Reader = (this: Body) => Promise<unknown>;

/** Messages whose body comes bit by bit. */
const streamed = new WeakSet<object>();

/** Whether a message's body comes bit by bit; else all of it is there. */
export function isStreamed(message: Request | Response): boolean {
  return streamed.has(message);
}

/** A response that has come from outside belongs to a request, with its body. */
export function ownAnswer(response: Response, request: RequestContext, place: CallPlace): void {
  own(response, { request, place });
  streamed.add(response);
}

/** How many bytes what was read whole takes. A form's are not counted. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (value instanceof Blob) return value.size;
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? value.byteLength : 0;
}

/** Reads a body whole: under way while it lasts if it is I/O of its own, buffered from then on. */
async function readWhole(
  request: RequestContext,
  place: CallPlace,
  isOwn: boolean,
  read: Promise<unknown>,
) {
  const activity = isOwn ? request.activities.begin("request", place) : undefined;
  try {
    const value = await read;
    request.hold(sizeOf(value));
    // A cancelled request hears nothing more.
    return request.alive ? value : await new Promise(() => {});
  } finally {
    activity?.end();
  }
}

/** That a body was read, or that a reader holds it, is found out before whose it is. */
function unusable({ bodyUsed, body }: Body): TypeError | undefined {
  if (bodyUsed) return new TypeError(USED_MESSAGE);
  return body?.locked ? new TypeError(`${LOCKED_MESSAGE}.`) : undefined;
}

function patchReads(patches: Patches, prototype: Body): void {
  const text = prototype.text;
  const originals: Record<string, Reader> = {
    text,
    arrayBuffer: prototype.arrayBuffer,
    bytes: prototype.bytes,
    blob: prototype.blob,
    formData: prototype.formData,
    // By its text, whose length is counted.
    json: async function () {
      return JSON.parse(await text.call(this));
    },
  };
  for (const [name, read] of Object.entries(originals)) {
    const original = Reflect.get(prototype, name);
    const made = function (this: Body): Promise<unknown> {
      const request = currentRequest();
      if (request === undefined) return original.call(this);
      const sooner = isAnothers(this) ? unusable(this) : undefined;
      const error = touch(this, SOURCE, name, made);
      if (error !== undefined) return refused(sooner ?? error);
      if (isSpent(this)) return Promise.reject(new TypeError(USED_MESSAGE));
      return readWhole(request, new CallPlace(made), ownerOf(this) === request, read.call(this));
    };
    patches.method(prototype, name, original, made);
  }
}

function patchBodyUsed(patches: Patches, prototype: Body): void {
  const bodyUsed = Object.getOwnPropertyDescriptor(prototype, "bodyUsed")?.get;
  if (bodyUsed === undefined) return;
  patches.getter(prototype, "bodyUsed", function () {
    return isSpent(this as object) || bodyUsed.call(this);
  });
}

function patchBody(patches: Patches, prototype: Body): void {
  const body = Object.getOwnPropertyDescriptor(prototype, "body")?.get;
  if (body === undefined) return;
  patches.getter(prototype, "body", function () {
    const stream: ReadableStream | null = body.call(this);
    if (stream !== null) ownLike(stream, this as object);
    return stream;
  });
}

function patchClone(patches: Patches, prototype: Body & { clone(): object }): void {
  const original = prototype.clone;
  const made = function (this: Body): object {
    const isHeld = isAnothers(this) ? unusable(this) !== undefined : isSpent(this);
    const error = touch(this, SOURCE, "clone", made);
    if (isHeld) throw new TypeError(`${LOCKED_MESSAGE},`);
    if (error !== undefined) throw error;
    const copy: object = original.call(this);
    ownCopy(copy, this);
    if (streamed.has(this)) streamed.add(copy);
    return copy;
  };
  patches.method(prototype, "clone", original, made);
}

/** A new message belongs to whoever made it; around a stream, to whom that belongs. */
function ownMessage(message: object, body: unknown, place: CallPlace): void {
  if (body instanceof ReadableStream) {
    ownLike(message, body);
    streamed.add(message);
  } else if (body !== null && body !== undefined) own(message, { place });
}

function patchRequest(patches: Patches): void {
  const Original = globalThis.Request;
  const made = standIn(patches, Original as unknown as AnyConstructor, (args, newTarget) => {
    const [input, init] = args as [unknown, Init];
    const construct = () => Reflect.construct(Original, args, newTarget);
    if (currentRequest() === undefined) return construct();
    const body = init?.body ?? undefined;
    if (body === undefined && input instanceof Original) {
      const wasUsed = input.bodyUsed;
      const error = touch(input, SOURCE, "new Request", made);
      if (error !== undefined && wasUsed) throw new TypeError(RECONSTRUCTED_MESSAGE);
      if (error !== undefined) throw error;
      const message = construct();
      ownCopy(message, input);
      return message;
    }
    const message = construct();
    ownMessage(message, body, new CallPlace(made));
    return message;
  }, () => Reflect.apply(Original as unknown as () => never, undefined, []));
}

function patchResponse(patches: Patches): void {
  const Original = globalThis.Response;
  const made = standIn(patches, Original as unknown as AnyConstructor, (args, newTarget) => {
    const [body] = args;
    if (body instanceof ReadableStream && isSpent(body)) throw new TypeError(DISTURBED_MESSAGE);
    const response: object = Reflect.construct(Original, args, newTarget);
    if (currentRequest() !== undefined) ownMessage(response, body, new CallPlace(made));
    return response;
  }, () => Reflect.apply(Original as unknown as () => never, undefined, []));
  const json = Original.json;
  const madeJson = (data: unknown, init?: ResponseInit): Response => {
    const response = json.call(Original, data, init);
    if (currentRequest() !== undefined) own(response, { place: new CallPlace(madeJson) });
    return response;
  };
  patches.method(globalThis.Response, "json", json, madeJson);
}

/** What a blob's stream gives is behind the runtime's own stream; the blob itself is nobody's. */
function patchBlob(patches: Patches): void {
  const { prototype } = Blob;
  const original = prototype.stream;
  const made = function (this: Blob): ReadableStream {
    const stream = original.call(this);
    own(stream, { place: new CallPlace(made) });
    return stream;
  };
  patches.method(prototype, "stream", original, made);
}

/**
 * Dispatches `Request`, `Response` and `Blob.stream()`. As in workerd, method, URL, headers, status and the `body`
 * property of another's may be looked at; what reads the body may not.
 */
export function patchBodies(patches: Patches): void {
  patchRequest(patches);
  patchResponse(patches);
  patchBlob(patches);
  for (const { prototype } of [Request, Response]) {
    patchBodyUsed(patches, prototype);
    patchBody(patches, prototype);
    patchReads(patches, prototype);
    patchClone(patches, prototype);
  }
}

/**
 * The error of the first of these that belongs to another request than the one whose code runs.
 *
 * @param callee The function that its code called.
 */
export function touchOutgoing(
  things: readonly unknown[],
  // deno-lint-ignore ban-types -- what the runtime's captureStackTrace takes
  callee: Function,
): Error | undefined {
  for (const thing of things) {
    const isBody = thing instanceof ReadableStream || thing instanceof Request;
    if (!isBody || ownerOf(thing) === undefined) continue;
    const error = touch(thing, SOURCE, "fetch", callee);
    if (error !== undefined) return error;
  }
  return undefined;
}
