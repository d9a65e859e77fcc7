// For tests: a gateway that is listened on, before an object store of ours.

import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { listen, type Listening } from "../listen.ts";
import {
  BUCKET as STORE_BUCKET,
  TESTING_KEY,
  TestingStore,
} from "../object_store/testing_store.ts";
import type { GatewayConfig } from "./config.ts";
import { createS3Gateway, type S3GatewayOptions, type S3GatewayServer } from "./gateway_deno.ts";

/** The key that clients of a testing gateway have; no store knows it. */
export const CLIENT_KEY = {
  accessKeyId: "AKCLIENT",
  secretAccessKey: "for clients of tests alone",
};

/** A virtual bucket of a testing gateway: {@linkcode STORE_BUCKET} below {@linkcode PREFIX}. */
export const BUCKET = "front";

/** Where the keys of {@linkcode BUCKET} are. */
export const PREFIX = "tenant/";

/** The config of a gateway before one store. */
export function configFor(url: string, more: Partial<GatewayConfig> = {}): GatewayConfig {
  return {
    backends: { main: { endpoint: url, credentials: TESTING_KEY } },
    buckets: { [BUCKET]: { backend: "main", bucket: STORE_BUCKET, prefix: PREFIX } },
    keys: [CLIENT_KEY],
    ...more,
  };
}

/** A gateway that can be reached. */
export class TestingGateway implements AsyncDisposable {
  readonly server: S3GatewayServer;
  readonly listening: Listening;
  readonly errors: unknown[];
  readonly #clients: S3Client[] = [];

  private constructor(server: S3GatewayServer, listening: Listening, errors: unknown[]) {
    this.server = server;
    this.listening = listening;
    this.errors = errors;
  }

  static async start(
    config: GatewayConfig,
    options: Partial<S3GatewayOptions> = {},
  ): Promise<TestingGateway> {
    const errors: unknown[] = [];
    const onError = (error: unknown) => void errors.push(error);
    const server = createS3Gateway({ config, onError, ...options });
    return new TestingGateway(server, await listen(server), errors);
  }

  get url(): string {
    return this.listening.url;
  }

  get port(): number {
    return this.listening.port;
  }

  /** A client of the AWS SDK, which does not try again. */
  client(config: S3ClientConfig = {}): S3Client {
    const client = new S3Client({
      endpoint: this.url,
      region: "auto",
      // The SDK writes on what it is given.
      credentials: { ...CLIENT_KEY },
      forcePathStyle: true,
      maxAttempts: 1,
      ...config,
    });
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await this.listening.close();
    await this.server.close();
  }
}

/** Runs a test with a client of a gateway before a store: as on any server, and then in an isolate. */
export async function withGateway(
  config: Partial<GatewayConfig>,
  test: (s3: S3Client, gateway: TestingGateway, store: TestingStore) => Promise<void>,
): Promise<void> {
  for (const options of [{}, { isolate: {} }]) {
    await using store = await TestingStore.start();
    await using gateway = await TestingGateway.start(configFor(store.url, config), options);
    await test(gateway.client(), gateway, store);
  }
}
