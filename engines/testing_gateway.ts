// For tests: what stands behind an S3 gateway, and workerd as one before it.

import { S3Client } from "@aws-sdk/client-s3";
import { realClock } from "../lab/clock.ts";
import type { S3GatewaySettings } from "../lab/role.ts";
import { BUCKET, TESTING_KEY, TestingStore } from "../servers/object_store/testing_store.ts";
import { TestingSts } from "../servers/sts/testing_sts.ts";
import { startTap, type Tap } from "../servers/tap/tap.ts";
import { DEMO_AUDIENCE, DEMO_ROLE_ARN, DEMO_SUBJECT } from "../servers/web_identity/demo.ts";
import type { Launch, Place } from "./engine.ts";
import type { Found } from "./find.ts";
import { withRemedies } from "./remedy.ts";
import { type Running, startEngine } from "./start.ts";
import { workerd } from "./workerd.ts";

/** The bucket as clients of a gateway see it. */
export const FRONT = "front";

/** The key that clients sign with; the store does not know it. */
export const FRONT_KEY = { accessKeyId: "AKFRONT", secretAccessKey: "for clients of tests alone" };

/** How long an exchange takes, in time that passes only when the test says so. */
const EXCHANGE_MS = 1;

/** An object store seen through a tap, and a token service whose exchanges wait until they may go on. */
export class BehindGateway implements AsyncDisposable {
  readonly store: TestingStore;
  readonly sts: TestingSts;
  readonly tap: Tap;

  private constructor(store: TestingStore, sts: TestingSts, tap: Tap) {
    [this.store, this.sts, this.tap] = [store, sts, tap];
  }

  static async start(): Promise<BehindGateway> {
    // Reads all that comes before it refuses: how much that is does not depend on who is quicker.
    const store = await TestingStore.start({ onChunked: "stall" });
    const sts = await TestingSts.start({
      key: TESTING_KEY,
      wallClock: realClock,
      delayMs: EXCHANGE_MS,
    });
    return new BehindGateway(store, sts, await startTap({ backend: store.url, digest: true }));
  }

  /** What a gateway before it is told. */
  get settings(): S3GatewaySettings {
    return {
      backend: { url: new URL(this.tap.url), bucket: BUCKET, region: "us-east-1" },
      sts: {
        url: new URL(this.sts.url),
        roleArn: DEMO_ROLE_ARN,
        subject: DEMO_SUBJECT,
        audience: DEMO_AUDIENCE,
      },
      bucket: FRONT,
      credentials: FRONT_KEY,
      region: "us-east-1",
      backendTimeoutMs: 60_000,
      stsTimeoutMs: 10_000,
      repaired: [],
    };
  }

  /** Lets the exchange that waits, and all that come, go on. */
  letExchange(): void {
    this.sts.sts.delayMs = 0;
    this.sts.clock.advance(EXCHANGE_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tap.close();
    await this.sts[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
  }
}

/** How workerd is configured as a gateway with some ways around. */
export function gatewayLaunch(
  settings: S3GatewaySettings,
  remedies: readonly string[],
): (place: Place) => Launch {
  const { "s3-gateway": play } = withRemedies(workerd, remedies).plays;
  if (play === undefined) throw new TypeError("workerd is no S3 gateway");
  return (place) => play.launch(settings, place);
}

/** Starts workerd as a gateway. It ends with the scope. */
export function startGateway(
  found: Found,
  launch: (place: Place) => Launch,
  scope: AsyncDisposableStack,
): Promise<Running> {
  const { signal } = new AbortController();
  return startEngine(workerd, found, { launch, clock: realClock, scope, signal });
}

/** A client of the AWS SDK, which does not try again. It ends with the scope. */
export function clientOf(url: URL, scope: AsyncDisposableStack): S3Client {
  const client = new S3Client({
    endpoint: url.origin,
    region: "us-east-1",
    // The SDK writes on what it is given.
    credentials: { ...FRONT_KEY },
    forcePathStyle: true,
    maxAttempts: 1,
  });
  scope.defer(() => client.destroy());
  return client;
}

/** A figure of a gateway. */
export async function figureOf(url: URL, statsPath: string, name: string): Promise<unknown> {
  return (await (await fetch(new URL(statsPath, url))).json())[name];
}
