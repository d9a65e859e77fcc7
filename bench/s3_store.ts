// One object store that runs for a benchmark, with the process of its clients.

import { AwsV4Signer } from "aws4fetch";
import { S3_BUCKET, S3_SETTINGS, type S3Peer } from "./peers/s3_peer.ts";
import { Child, residentBytes } from "./process.ts";
import type { Load } from "./s3_client.ts";
import type { S3Request } from "./s3_connection.ts";

/** What clients do with objects. */
export type Direction = "GET" | "PUT";

/** A store and its clients. */
export class S3Store implements AsyncDisposable {
  readonly #scope: AsyncDisposableStack;
  readonly #server: Child;
  readonly #client: Child;
  readonly #port: number;

  private constructor(scope: AsyncDisposableStack, server: Child, client: Child, port: number) {
    this.#scope = scope;
    this.#server = server;
    this.#client = client;
    this.#port = port;
  }

  /** Starts both, and makes the bucket. */
  static async start(peer: S3Peer): Promise<S3Store> {
    await using scope = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir({ dir: "/tmp", prefix: "edge-repro-bench-" });
    scope.defer(() => Deno.remove(folder, { recursive: true }));
    const { child: server, port } = await peer.start(folder);
    scope.use(server);
    const client = scope.use(
      new Child(`the clients of ${peer.name}`, Deno.execPath(), [
        ...["run", "--no-prompt", "--allow-net=127.0.0.1"],
        ...[new URL("s3_client.ts", import.meta.url).pathname, String(port)],
      ]),
    );
    const store = new S3Store(scope.move(), server, client, port);
    await store.once(await signed(port, "PUT", "", 0));
    return store;
  }

  /** Resident memory of all the server's processes, in bytes. */
  memory(): Promise<number> {
    return residentBytes(this.#server.pid);
  }

  /** Has the clients do something. Throws a `ChildError` when they cannot use an answer. */
  async run(load: Load): Promise<number[]> {
    await this.#client.say(JSON.stringify(load));
    return JSON.parse(await this.#client.line());
  }

  /** Has one client send one request. */
  async once(request: S3Request): Promise<void> {
    await this.run({ count: "requests", requests: [request], warmUpMs: 0, roundMs: 0, rounds: 1 });
  }

  /**
   * Requests for objects of a size: clients GET the same one, which is stored for it here, and PUT one
   * each.
   */
  async requests(direction: Direction, sizeBytes: number, clients: number): Promise<S3Request[]> {
    const get = direction === "GET";
    const path = (client: number) => `/${get ? "shared" : `own-${client}`}-${sizeBytes}`;
    if (get) await this.once(await signed(this.#port, "PUT", path(0), sizeBytes));
    return await Promise.all(
      Array.from(
        { length: clients },
        (_, at) => signed(this.#port, direction, path(at), sizeBytes),
      ),
    );
  }

  /** Ends both. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope.disposeAsync();
  }
}

/**
 * A signed request. Its signature is good for the 15 minutes that servers allow clocks to differ.
 *
 * @param path What follows the bucket, with the query.
 */
export async function signed(
  port: number,
  method: Direction,
  path: string,
  sizeBytes: number,
): Promise<S3Request> {
  const signer = new AwsV4Signer({
    method,
    url: `http://127.0.0.1:${port}/${S3_BUCKET}${path}`,
    // Hashing it would be a part of what is measured.
    headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
    service: "s3",
    region: S3_SETTINGS.region,
    ...S3_SETTINGS.credentials,
  });
  const { url, headers } = await signer.sign();
  const lines = [`${method} ${url.pathname}${url.search} HTTP/1.1`, `Host: ${url.host}`];
  if (method === "PUT") lines.push(`Content-Length: ${sizeBytes}`);
  new Headers(headers).forEach((value, name) => lines.push(`${name}: ${value}`));
  return {
    head: `${lines.join("\r\n")}\r\n\r\n`,
    sentBytes: method === "PUT" ? sizeBytes : 0,
    receivedBytes: method === "GET" ? sizeBytes : 0,
  };
}
