// `fetch` in an object: goes out by the object's way, and is attributed while somebody waits for it.

import { currentEvent, type EventContext, runOutside } from "../context.ts";
import { CallPlace } from "../place.ts";
import { attributedBody } from "./fetch_body.ts";
import type { Patches } from "./patches.ts";

type FetchInput = Parameters<typeof fetch>[0];
type FetchInit = Parameters<typeof fetch>[1];

/** Where it goes, without what may be secret: user, password, query, fragment. */
function shownUrl(input: FetchInput): string | undefined {
  try {
    const { protocol, host, pathname } = new URL(input instanceof Request ? input.url : input);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return undefined;
  }
}

/** The same call with a signal that also aborts when `ended` does. */
function withSignal(
  input: FetchInput,
  init: FetchInit,
  ended: AbortSignal,
): [FetchInput, RequestInit] {
  // A request is allowed as the second argument too; its properties are not its own.
  if (init instanceof Request) return withSignal(new Request(input, init), undefined, ended);
  const own = init?.signal ?? (input instanceof Request ? input.signal : undefined);
  return [input, { ...init, signal: own ? AbortSignal.any([own, ended]) : ended }];
}

async function fetchAs(
  event: EventContext,
  place: CallPlace,
  input: FetchInput,
  init: FetchInit,
): Promise<Response> {
  const { object } = event;
  const ended = new AbortController();
  const forget = object.onEnd(() => ended.abort());
  const activity = object.activities.begin("fetch", place);
  try {
    const call = withSignal(input, init, ended.signal);
    const response = await runOutside(() => object.outbound(...call));
    if (response.body === null) {
      forget();
      return response;
    }
    return attributedBody(response, () => object.activities.begin("fetch", place), forget);
  } catch (error) {
    forget();
    throw error;
  } finally {
    activity.end();
  }
}

/**
 * Dispatches `fetch`. What was asked for by an incarnation that is over is aborted, and its promise
 * never settles.
 */
export function patchFetch(patches: Patches): void {
  const original = globalThis.fetch;
  const made = (input: FetchInput, init?: FetchInit): Promise<Response> => {
    const event = currentEvent();
    if (event === undefined) return original(input, init);
    const { object } = event;
    return new Promise((resolve, reject) => {
      if (!object.alive) return;
      fetchAs(event, new CallPlace(made, shownUrl(input)), input, init).then(
        (response) => object.alive ? resolve(response) : undefined,
        (error) => object.alive ? reject(error) : undefined,
      );
    });
  };
  patches.method(globalThis, "fetch", original as (...args: never[]) => unknown, made);
}
