// For tests: a backend that does what a test wants with the bytes of each connection.

/** A connection that came in, and how much it has brought. */
export interface RawConnection {
  connection: Deno.TcpConn;
  /** Resolves with the head of its first request, or with null when it ended before. */
  head: Promise<string | null>;
  /** How many bytes came. */
  readonly bytes: () => number;
  /** Resolves when the gateway has ended it. */
  over: Promise<void>;
}

/** A backend of bytes. */
export class RawBackend implements AsyncDisposable {
  readonly connections: RawConnection[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #serving: Promise<void>;

  /** @param serve Answers a connection once the head of its first request has come. */
  constructor(serve: (one: RawConnection) => Promise<void> | void) {
    this.#serving = this.#accept(serve);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  async #accept(serve: (one: RawConnection) => Promise<void> | void): Promise<void> {
    const running: Promise<void>[] = [];
    for await (const connection of this.#listener) {
      const head = Promise.withResolvers<string | null>();
      let bytes = 0;
      const over = (async () => {
        let text = "";
        const buffer = new Uint8Array(1 << 16);
        const read = () => connection.read(buffer).catch(() => null);
        for (let size = await read(); size !== null; size = await read()) {
          bytes += size;
          if (text.length > 1 << 16) continue;
          text += new TextDecoder("latin1").decode(buffer.subarray(0, size));
          if (text.includes("\r\n\r\n")) head.resolve(text);
        }
        head.resolve(null);
      })();
      const one = { connection, head: head.promise, bytes: () => bytes, over };
      this.connections.push(one);
      running.push(head.promise.then(async (found) => {
        if (found !== null) await serve(one);
      }));
    }
    await Promise.all(running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const { connection } of this.connections) {
      try {
        connection.close();
      } catch {
        // It is closed already.
      }
    }
    await Promise.all(this.connections.map(({ over }) => over));
    await this.#serving;
  }
}

/** Writes text to a connection. */
export async function writeText({ connection }: RawConnection, text: string): Promise<void> {
  await connection.write(new TextEncoder().encode(text));
}

/** The header fields of a head, by name in lower case. None may be there twice. */
export function fieldsOf(head: string): ReadonlyMap<string, string | undefined> {
  const fields = head.split("\r\n").map((line) => line.split(/: (.*)/));
  return new Map(fields.map(([name = "", value]) => [name.toLowerCase(), value]));
}
