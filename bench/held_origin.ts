// The origin of the benchmarks: it keeps every request until it is told to answer.

/** What the answer's body is, in bytes: small, so that it is the waking of readers that counts. */
export const BODY_BYTES = 1_024;

/** An origin on a free port of 127.0.0.1. */
export class HeldOrigin implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #requests = new Map<string, number>();
  #arrived = Promise.withResolvers<void>();
  #release = Promise.withResolvers<void>();

  /** Listens. */
  constructor() {
    const body = new Uint8Array(BODY_BYTES).fill(0x78);
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        const { pathname } = new URL(request.url);
        this.#requests.set(pathname, this.requests(pathname) + 1);
        this.#arrived.resolve();
        if (pathname !== "/warm") await this.#release.promise;
        return new Response(body, {
          headers: { "cache-control": "max-age=3600", "content-type": "application/octet-stream" },
        });
      },
    );
  }

  /** The port. */
  get port(): number {
    return this.#server.addr.port;
  }

  /** How many requests there were for a pathname. */
  requests(pathname: string): number {
    return this.#requests.get(pathname) ?? 0;
  }

  /** Holds requests again. Returns what resolves when the next one has come. */
  hold(): Promise<void> {
    this.#arrived = Promise.withResolvers();
    this.#release = Promise.withResolvers();
    return this.#arrived.promise;
  }

  /** Answers what it holds. */
  release(): void {
    this.#release.resolve();
  }

  /** Answers what it holds and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
    await this.#server.shutdown();
  }
}
