// What rows of touches are made of: their type, the things that one request makes, and what comes of it.

/** What a row has at hand. */
export interface Bench {
  /** The request whose code runs. */
  request: Request;
  /** A server that answers, without a final slash. */
  origin: string;
  ctx: { waitUntil(promise: Promise<unknown>): void };
}

/** What one request makes, and what another does with it. */
export interface Touch {
  /** The method of the request that makes it. Default: POST, with a body. */
  method?: "GET";
  /** Whether the request that makes it is over by then. Default: it still runs. */
  isOver?: true;
  make(bench: Bench): unknown;
  // deno-lint-ignore no-explicit-any -- whatever was made
  touch(made: any, bench: Bench): unknown;
}

/** The request itself. */
export const request = ({ request }: Bench) => request;
/** Its body. */
export const body = ({ request }: Bench) => request.body;
/** A reader of its body. */
export const reader = ({ request }: Bench) => request.body?.getReader();
/** The answer to a fetch. In an object: a promise, or something with `then`, would be awaited. */
export const answer = async ({ origin }: Bench) => ({ response: await fetch(`${origin}/some`) });
/** A stream that JavaScript feeds, with two bytes. */
export const stream = () =>
  new ReadableStream({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode("hi"));
      controller.close();
    },
  });
/** Makes a timer, with whether it has fired. */
export const timer = (set: (callback: () => void, ms: number) => unknown) => () => {
  const made = { fired: false, timer: undefined as unknown };
  made.timer = set(() => made.fired = true, 20);
  return made;
};
/** Resolves after so long. */
export const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A stream around a body, which reads that when it is read. */
export function around(body: ReadableStream | null): ReadableStream {
  const reader = body?.getReader();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader?.read() ?? { done: true };
      if (done) controller.close();
      else controller.enqueue(value);
    },
  }, { highWaterMark: 0 });
}

/** What comes out of a TransformStream that the body goes through. */
export const through = ({ request }: Bench) => request.body?.pipeThrough(new TransformStream());

/** What touching came to: its value, what it threw, or how its promise was rejected. */
export async function outcomeOf(touch: () => unknown): Promise<Response | string> {
  let value: unknown;
  try {
    value = touch();
  } catch (error) {
    return `throws ${error}`;
  }
  try {
    value = await value;
  } catch (error) {
    return `rejects ${error}`;
  }
  return value instanceof Response ? value : `gives ${JSON.stringify(value)}`;
}
