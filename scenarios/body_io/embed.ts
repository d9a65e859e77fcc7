// What `body-io` starts: a store, a tap in front of it, a token service, and our gateway before them.

import { realClock } from "../../lab/clock.ts";
import type { Access, Backing, EmbedContext, Embedded } from "../../lab/scenario.ts";
import type { S3GatewaySettings } from "../../lab/role.ts";
import { ownAsync } from "../../lab/scope.ts";
import { listen } from "../../servers/listen.ts";
import { createMemoryStorage } from "../../servers/object_store/memory_storage.ts";
import { createObjectStore } from "../../servers/object_store/object_store.ts";
import type { GatewaySwitches } from "../../servers/s3_gateway/config.ts";
import { createS3Gateway } from "../../servers/s3_gateway/gateway_deno.ts";
import { STATS_PATH } from "../../servers/server.ts";
import { processSigningKeys } from "../../servers/sts/process_keys.ts";
import { createSts } from "../../servers/sts/sts.ts";
import { createTapLog } from "../../servers/tap/log_server.ts";
import { StallableServer } from "../../servers/tap/stallable.ts";
import { startTap } from "../../servers/tap/tap.ts";
import { DEMO_AUDIENCE, DEMO_ROLE_ARN, DEMO_SUBJECT } from "../../servers/web_identity/demo.ts";
import type { BodyIoParams } from "./params.ts";
import { aboutOf, isHashed, SWITCHES, switchesFor } from "./switched_case.ts";

/** The bucket that the gateway's clients see, and the one that it is on the store. */
const BUCKET = "edge-repro";
const BACKEND_BUCKET = "edge-repro-backend";

/** What requests to the store are signed for, and what clients sign for. */
const BACKEND_REGION = "us-east-1";
const REGION = "auto";

/** A key that only this run knows. */
function newKey() {
  return {
    accessKeyId: `edge-repro-${crypto.randomUUID().slice(0, 8)}`,
    secretAccessKey: crypto.randomUUID() + crypto.randomUUID(),
  };
}

/** What a gateway that is started for a run is told of what is behind it. */
interface Behind {
  settings: S3GatewaySettings;
  access: Pick<Access, "store" | "backendLogUrl" | "stsUrl">;
}

/** Starts what stands behind a gateway, on ephemeral ports of 127.0.0.1. */
async function startBehind(context: Omit<EmbedContext, "variant">): Promise<Behind> {
  const { clock, scope } = context;
  const params = context.params as BodyIoParams;
  const backendKey = newKey();
  const credentials = newKey();
  const storage = createMemoryStorage({ maxBytes: storedBytes(params) });
  await storage.createBucket({ name: BACKEND_BUCKET, createdMs: clock.now() });
  const store = createObjectStore({
    ...{ storage, clock, variant: "fix", onChunked: "refuse" },
    // Clients sign by the wall clock, however fast the store's own time runs.
    wallClock: realClock,
    credentials: [backendKey],
    regions: [BACKEND_REGION],
  });
  scope.defer(() => store.close());
  const stallable = new StallableServer(store);
  scope.defer(() => void (stallable.stalled = false));
  const storeAt = await ownAsync(scope, await listen(stallable));
  const tap = await ownAsync(
    scope,
    await startTap({
      backend: storeAt.url,
      digest: isHashed(context.case),
    }),
  );
  const log = await ownAsync(scope, await listen(createTapLog(tap, stallable)));
  const sts = await createSts({
    ...{ clock, wallClock: realClock, key: backendKey, delayMs: params.stsDelayMs },
    signingKeys: await processSigningKeys(),
    ...{ roleArn: DEMO_ROLE_ARN, subject: DEMO_SUBJECT, audience: DEMO_AUDIENCE },
  });
  scope.defer(() => sts.close());
  const { url: stsUrl } = await ownAsync(scope, await listen(sts));
  return {
    settings: {
      backend: { url: new URL(tap.url), bucket: BACKEND_BUCKET, region: BACKEND_REGION },
      sts: {
        url: new URL(stsUrl),
        ...{ roleArn: DEMO_ROLE_ARN, subject: DEMO_SUBJECT, audience: DEMO_AUDIENCE },
      },
      ...{ bucket: BUCKET, credentials, region: REGION },
      ...{ backendTimeoutMs: params.backendTimeoutMs, stsTimeoutMs: params.stsTimeoutMs },
      repaired: SWITCHES.filter((one) => !aboutOf(context.case).includes(one)),
    },
    access: {
      store: { region: REGION, credentials, bucket: BUCKET },
      backendLogUrl: new URL(log.url),
      stsUrl: new URL(stsUrl),
    },
  };
}

/** What a run has on the store at once, at most, in bytes. */
function storedBytes(params: BodyIoParams): number {
  const { numUploads, partSize, partsPerUpload, numParts, largePartSize } = params;
  return 2 * Math.max(numUploads * partSize * partsPerUpload, numParts * largePartSize);
}

/** What stands behind a gateway that is started for a run, and what that gateway is told. */
export async function behind(
  context: Omit<EmbedContext, "variant">,
): Promise<Backing<"s3-gateway">> {
  return { role: "s3-gateway", ...await startBehind(context) };
}

/** Starts our own gateway with what is behind it. */
export function embed(context: EmbedContext): Promise<Embedded> {
  return embedSwitched(context, switchesFor(context.case, context.variant));
}

/** The same with these switches, in the model of an isolate. */
export async function embedSwitched(
  context: Omit<EmbedContext, "variant">,
  switches: GatewaySwitches,
): Promise<Embedded> {
  const { clock, scope } = context;
  const { backendTimeoutMs, stsTimeoutMs } = context.params as BodyIoParams;
  const { settings, access } = await startBehind(context);
  const { backend, sts, bucket, credentials, region } = settings;
  const { url, roleArn, subject, audience } = sts;
  const gateway = createS3Gateway({
    config: {
      backends: {
        main: {
          endpoint: backend.url.origin,
          region: backend.region,
          credentials: {
            ...{ stsUrl: url.origin, roleArn },
            token: { issuer: url.origin, subject, audience },
          },
        },
      },
      buckets: { [bucket]: { backend: "main", bucket: backend.bucket, prefix: "tenant/" } },
      keys: [credentials],
      region,
      limits: { silenceMs: backendTimeoutMs, exchangeMs: stsTimeoutMs },
      ...switches,
    },
    ...{ clock, wallClock: realClock, isolate: {} },
    // What it answers is what counts: in the variant `bug` it fails by design.
    onError: () => {},
  });
  scope.defer(() => gateway.close());
  const listening = await ownAsync(scope, await listen(gateway));
  return {
    access: {
      ...access,
      ...{ url: new URL(listening.url), headers: {}, insecure: false },
      statsUrl: new URL(STATS_PATH, listening.url),
      told: Object.keys(context.params),
    },
  };
}
