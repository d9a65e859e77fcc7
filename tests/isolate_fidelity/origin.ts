// What the experiments' requests go out to: it answers at once, or when it is told to.

/** A server on a port of its own. */
export class Origin implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #held = new Map<string, PromiseWithResolvers<void>>();
  readonly #came = new Map<string, PromiseWithResolvers<void>>();

  constructor() {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => this.#answer(request),
    );
  }

  /** Where it is, without a final slash. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Resolves when the request of that key has come. */
  came(key: string): Promise<void> {
    return this.#of(this.#came, key).promise;
  }

  /** Answers the request of that key, also when it is still to come. */
  release(key: string): void {
    this.#of(this.#held, key).resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const key of this.#came.keys()) this.release(key);
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const { length } = await request.text();
    if (pathname === "/held") {
      const key = searchParams.get("key") ?? "";
      this.#of(this.#came, key).resolve();
      await this.#of(this.#held, key).promise;
      return new Response("exchanged");
    }
    return new Response(`${request.method} ${length}`, { headers: { "x-some": "thing" } });
  }

  #of(all: Map<string, PromiseWithResolvers<void>>, key: string): PromiseWithResolvers<void> {
    let one = all.get(key);
    if (one === undefined) all.set(key, one = Promise.withResolvers());
    return one;
  }
}
