// What a product that `serve` starts in the gateway's place is told, from the gateway's own flags.

import { UsageError } from "../../lab/errors.ts";
import type { S3GatewaySettings } from "../../lab/role.ts";
import { environmentCredentials } from "../s3/environment_credentials.ts";
import { DEMO_AUDIENCE, DEMO_ROLE_ARN, DEMO_SUBJECT } from "../web_identity/demo.ts";
import {
  type GatewayConfig,
  type GatewaySwitches,
  switchesOf,
  VARIANT_SWITCHES,
} from "./config.ts";

/** The flags that a product can be told. */
export interface ProductFlags extends Partial<GatewaySwitches> {
  /** The S3 API behind it, as a URL. */
  backend: string;
  /** The token service, as a URL; empty for none. */
  sts: string;
  /** `NAME` or `NAME=BUCKET`. */
  bucket: string;
  /** Sets the switches that are not given. */
  variant: NonNullable<GatewayConfig["variant"]>;
  /** How long a backend, or a client, may do nothing, in milliseconds. */
  silenceMs: number;
  /** How long getting a key may take, in milliseconds. */
  exchangeMs: number;
}

/**
 * The settings that the flags come to: those of the embedded gateway with the same flags, as far as the
 * role has them.
 *
 * @throws {UsageError} for what the role has not: a gateway without a token service, more than one
 * bucket, a part of a bucket, and what is not on this machine, where such a product may reach nothing.
 */
export function productSettings(flags: ProductFlags): S3GatewaySettings {
  const { sts, bucket, silenceMs, exchangeMs } = flags;
  const [, front, behind = front] = /^([^,=/]+)(?:=([^,=/]+))?$/.exec(bucket) ?? [];
  if (front === undefined || behind === undefined) {
    throw new UsageError(
      `--bucket: received '${bucket}', expected NAME or NAME=BUCKET where a product takes the ` +
        "gateway's place",
    );
  }
  if (sts === "") {
    throw new UsageError(
      "--sts: received nothing, expected a token service where a product takes the gateway's place: " +
        "name sts beside it, or give --sts URL",
    );
  }
  const switches = switchesOf(flags);
  const names = Object.keys(switches) as (keyof GatewaySwitches)[];
  return {
    backend: { url: urlHere("backend", flags.backend), bucket: behind, region: "us-east-1" },
    sts: {
      ...{ url: urlHere("sts", sts), roleArn: DEMO_ROLE_ARN },
      ...{ subject: DEMO_SUBJECT, audience: DEMO_AUDIENCE },
    },
    ...{ bucket: front, credentials: environmentCredentials(), region: "auto" },
    ...{ backendTimeoutMs: silenceMs, stsTimeoutMs: exchangeMs },
    repaired: names.filter((name) => switches[name] === VARIANT_SWITCHES.fix[name]),
  };
}

/** Whether a URL is of this machine's loopback. */
export function isLoopback(url: string): boolean {
  const hostname = URL.canParse(url) ? new URL(url).hostname : "";
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}

function urlHere(flag: string, text: string): URL {
  if (isLoopback(text)) return new URL(text);
  throw new UsageError(
    `--${flag}: received '${text}', expected a URL of this machine where a product takes the ` +
      "gateway's place",
  );
}
