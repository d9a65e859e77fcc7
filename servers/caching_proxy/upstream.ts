// The way to the origin: requests are sent on and counted, without what must not be sent on.

/** Headers that belong to one connection (RFC 9110 §7.6.1), and those that `fetch` sets itself. */
const HOP_BY_HOP = [
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** Headers that would make the answer less than the whole representation, which is what is cached. */
const PARTIAL = [
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "range",
];

/** The headers that a cacheable request goes to the origin with. */
export function cacheableRequestHeaders(request: Headers, via: string): Headers {
  const headers = forwardedHeaders(request, via);
  for (const name of PARTIAL) headers.delete(name);
  return headers;
}

/** The headers that any request goes to the origin with. */
export function forwardedHeaders(request: Headers, via: string): Headers {
  const headers = new Headers(request);
  const named = (request.get("connection") ?? "").split(",").map((name) => name.trim());
  for (const name of [...HOP_BY_HOP, ...named]) if (name !== "") headers.delete(name);
  headers.append("via", via);
  // `fetch` decodes what it asked for itself, and a proxy has to hand on the bytes it was given.
  headers.set("accept-encoding", "identity");
  return headers;
}

/** The headers of an origin's answer that go on to the client. */
export function answeredHeaders(response: Headers): Headers {
  const headers = new Headers(response);
  for (const name of ["connection", "keep-alive", "transfer-encoding", "upgrade", "trailer"]) {
    headers.delete(name);
  }
  // `fetch` has decoded such a body, asked or not: neither header is true of it any more.
  if (headers.has("content-encoding")) {
    headers.delete("content-encoding");
    headers.delete("content-length");
  }
  return headers;
}

/** The one origin of a proxy. */
export class Upstream {
  /** Scheme, host and port. */
  readonly #origin: string;
  readonly #client = Deno.createHttpClient?.({ poolMaxIdlePerHost: 32 });
  #open = 0;

  /** @param origin A URL; throws `TypeError` when it is none. */
  constructor(origin: string) {
    this.#origin = new URL(origin).origin;
  }

  /** How many requests are on their way: from their start to the last byte of their answer. */
  get open(): number {
    return this.#open;
  }

  /**
   * Asks for the path and query of `url`, whatever its host.
   *
   * Rejects when the origin cannot be reached, breaks off before its header, or the signal aborts.
   */
  async ask(
    url: string,
    init: {
      method: string;
      headers: Headers;
      body?: ReadableStream<Uint8Array<ArrayBuffer>> | null;
      signal: AbortSignal;
    },
  ): Promise<Response> {
    this.#open++;
    const over = () => void this.#open--;
    try {
      const response = await fetch(this.#origin + targetOf(url), {
        ...init,
        redirect: "manual",
        ...(this.#client && { client: this.#client }),
      });
      return counted(response, over);
    } catch (error) {
      over();
      throw error;
    }
  }

  /** Gives back the connections. */
  close(): void {
    this.#client?.close();
  }
}

/** The path and query of a request's URL, as it was sent. */
export function targetOf(url: string): string {
  const at = url.indexOf("/", url.indexOf("://") + 3);
  return at < 0 ? "/" : url.slice(at);
}

/** The same answer, with `over` called once when its body has ended or was left. */
function counted(response: Response, over: () => void): Response {
  if (response.body === null) {
    over();
    return response;
  }
  const reader = response.body.getReader();
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        over();
        controller.close();
      } catch (error) {
        over();
        controller.error(error);
      }
    },
    async cancel(reason) {
      over();
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
  return new Response(body, { status: response.status, headers: response.headers });
}
