// The gateway on the two runtimes, with one config: in the model of an isolate, and on workerd.

import type { Place } from "../../engines/engine.ts";
import type { Found } from "../../engines/find.ts";
import { type BehindGateway, gatewayLaunch, startGateway } from "../../engines/testing_gateway.ts";
import type { CrossRequest } from "../../servers/isolate/cross_request.ts";
import { listen } from "../../servers/listen.ts";
import type { GatewayConfig, GatewayLimits } from "../../servers/s3_gateway/config.ts";
import { createS3Gateway } from "../../servers/s3_gateway/gateway_deno.ts";

/** How a gateway is started. */
export interface Setup {
  /** The ways around, as `engine:workerd` has them. */
  remedies: readonly string[];
  /** What the isolate does where requests meet, which goes with the runtime's flag in `remedies`. */
  crossRequest?: CrossRequest;
  /** How long is waited, where that is to be short. */
  limits?: Partial<GatewayLimits>;
}

/** A gateway that has been started. */
export interface Side {
  /** Where it listens. */
  url: URL;
  /** The errors that it has told of so far, a line each. */
  errors(): string[];
}

/** Starts a gateway on one of the runtimes. */
export type Start = (
  behind: BehindGateway,
  setup: Setup,
  scope: AsyncDisposableStack,
) => Promise<Side>;

/** What is written into the engine's folder, limits included. */
function launchOf({ settings }: BehindGateway, { remedies, limits = {} }: Setup) {
  const launch = gatewayLaunch(settings, remedies);
  return (place: Place) => {
    const plan = launch(place);
    const config: GatewayConfig = JSON.parse(plan.files?.["gateway.json"] ?? "");
    const text = JSON.stringify({ ...config, limits });
    return {
      config: { ...config, limits },
      plan: { ...plan, files: { ...plan.files, "gateway.json": text } },
    };
  };
}

/** In the model, with the config that the engine would have. */
export const onModel: Start = async (behind, setup, scope) => {
  const nowhere = { program: "", folder: "/tmp/run", port: 0, asRoot: false };
  const { config } = launchOf(behind, setup)(nowhere);
  const errors: string[] = [];
  const { crossRequest } = setup;
  const gateway = createS3Gateway({
    config,
    isolate: { ...(crossRequest && { crossRequest }) },
    onError: (error) => void errors.push(String(error)),
  });
  scope.defer(() => gateway.close());
  const listening = scope.use(await listen(gateway));
  return { url: new URL(listening.url), errors: () => errors };
};

/** On workerd. */
export function onWorkerd(found: Found): Start {
  return async (behind, setup, scope) => {
    const launch = launchOf(behind, setup);
    const { url, log } = await startGateway(found, (place) => launch(place).plan, scope);
    // The gateway's own; what the runtime has to say begins otherwise.
    return { url, errors: () => log.filter((line) => /^\w*Error: /.test(line)) };
  };
}
