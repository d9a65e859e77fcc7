// `fetch`: what it sends must be the request's own, and what it brings is.

import type { Patches } from "../../durable_objects/globals/patches.ts";
import { CallPlace } from "../../durable_objects/place.ts";
import { ownerOf, refused } from "../foreign_touch.ts";
import { currentRequest, type RequestContext } from "../request_context.ts";
import { isStreamed, ownAnswer, touchOutgoing } from "./bodies.ts";
import { sentFor } from "./sent.ts";

type FetchInput = Parameters<typeof fetch>[0];
type FetchInit = Parameters<typeof fetch>[1];

/** The same call, but that a stream of JavaScript's is read as code of the request. */
function asSent(
  request: RequestContext,
  input: FetchInput,
  init: FetchInit,
): [FetchInput, FetchInit] {
  const stream = init?.body ?? (input instanceof Request && isStreamed(input) ? input.body : null);
  if (!(stream instanceof ReadableStream) || ownerOf(stream) !== undefined) return [input, init];
  return [input, { ...init, body: sentFor(stream, request) }];
}

/** Dispatches `fetch`, over what attributes it already. */
export function patchOwnFetch(patches: Patches): void {
  const original = globalThis.fetch;
  const made = (input: FetchInput, init?: FetchInit): Promise<Response> => {
    const request = currentRequest();
    if (request === undefined) return original(input, init);
    const error = touchOutgoing([init?.body ?? input], made);
    if (error !== undefined) return refused(error);
    const place = new CallPlace(made);
    // It is that of the context in which the code runs, which may be another's.
    return request.run(() => original(...asSent(request, input, init))).then((response) => {
      ownAnswer(response, request, place);
      return response;
    });
  };
  patches.method(globalThis, "fetch", original as (...args: never[]) => unknown, made);
}
