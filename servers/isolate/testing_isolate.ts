// An isolate for tests: what it tells is kept, and requests are made in one call.

import type { ForeignTouch } from "./foreign_touch.ts";
import { createIsolate, type Isolate } from "./isolate.ts";
import type { CancelledRequest, IsolateOptions } from "./isolate_options.ts";

/** An isolate, and all that it told. */
export interface StartedIsolate extends AsyncDisposable {
  isolate: Isolate;
  touches: ForeignTouch[];
  cancelled: CancelledRequest[];
  lines: string[];
}

/** A request without a body, or a POST with one. */
export function request(path = "/", body?: string): Request {
  const method = body === undefined ? "GET" : "POST";
  return new Request(`https://a.test${path}`, { method, body: body ?? null });
}

/** Starts one. */
export function start(options: IsolateOptions): StartedIsolate {
  const touches: ForeignTouch[] = [];
  const cancelled: CancelledRequest[] = [];
  const lines: string[] = [];
  const isolate = createIsolate({
    onTouch: (touch) => void touches.push(touch),
    onCancel: (one) => void cancelled.push(one),
    log: (level, args) => void lines.push([level, ...args].join(" ")),
    ...options,
  });
  return { isolate, touches, cancelled, lines, [Symbol.asyncDispose]: () => isolate.close() };
}

/** Status and text of an answer. */
export async function shown(answer: Promise<Response>): Promise<string> {
  const response = await answer;
  return `${response.status} ${await response.text()}`;
}

/** Lets what is due happen, without waiting for anything. */
export const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
