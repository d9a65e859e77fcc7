// What a probe of an object store is told beside its endpoint: flags, and keys from the environment.

import { UsageError } from "../lab/errors.ts";
import type { Access, StoreAccess } from "../lab/scenario.ts";
import { readCredentials } from "../probes/s3/credentials.ts";
import { parseAddress, shownUrl } from "./address.ts";
import type { Args, Flag } from "./flags.ts";
import type { Secrets } from "./secrets.ts";

/** The region of stores that know only one, and of clients that were told none. */
const USUAL_REGION = "us-east-1";

/** The flags that say what of an object store is probed. */
export const STORE_FLAGS: readonly Flag[] = [
  {
    name: "bucket",
    kind: "string",
    placeholder: "NAME",
    description: "a bucket of the object store that may be written to",
    default: "one that the run makes and removes",
  },
  {
    name: "public-url",
    kind: "string",
    placeholder: "URL",
    description: "where the bucket's objects can be read without a key",
    shown: shownUrl,
  },
  {
    name: "region",
    kind: "string",
    placeholder: "NAME",
    description: "the region that requests are signed for",
    default: `AWS_REGION or the profile's, auto with R2_* keys, else ${USUAL_REGION}`,
  },
  {
    name: "other-region-url",
    kind: "string",
    placeholder: "URL",
    description: "the same object store as it answers in another region",
    shown: shownUrl,
  },
  {
    name: "profile",
    kind: "string",
    placeholder: "NAME",
    description: "a profile of the AWS configuration, for keys that the environment does not have",
  },
];

/** Those of them that are of an object store itself, and of no gateway in front of one. */
export const STORE_ONLY_FLAGS: readonly string[] = ["public-url", "other-region-url"];

/** The flags that say what is behind a gateway. */
export const GATEWAY_FLAGS: readonly Flag[] = [
  {
    name: "backend-log",
    kind: "string",
    placeholder: "URL",
    description: "what a tap of ours in front of the gateway's backend saw",
    shown: shownUrl,
  },
  {
    name: "sts",
    kind: "string",
    placeholder: "URL",
    description: "our token service behind the gateway (edge-repro serve sts)",
    shown: shownUrl,
  },
];

/**
 * Reads {@linkcode GATEWAY_FLAGS}.
 *
 * @throws {UsageError} for what is no URL.
 */
export function gatewayAccessOf(
  args: Args,
  secrets: Secrets,
): Pick<Access, "backendLogUrl" | "stsUrl"> {
  const backendLogUrl = urlOf(args, "backend-log", secrets);
  const stsUrl = urlOf(args, "sts", secrets);
  return {
    ...(backendLogUrl !== undefined && { backendLogUrl }),
    ...(stsUrl !== undefined && { stsUrl }),
  };
}

/**
 * Reads {@linkcode STORE_FLAGS} and the keys: `AWS_*`, `R2_*` or a profile, never a flag. They are
 * remembered as secrets.
 *
 * @throws {UsageError} for what is no bucket, region or URL, and for keys that are given by half.
 */
export async function storeAccessOf(args: Args, secrets: Secrets): Promise<StoreAccess> {
  if (args.list("header").some((text) => /^\s*authorization\s*:/i.test(text))) {
    throw new UsageError("--header: 'authorization' is the request's signature, made of your keys");
  }
  const bucket = matched(
    args,
    "bucket",
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    "3 to 63 lower-case letters, digits, dots and hyphens",
  );
  const region = matched(args, "region", /^[A-Za-z0-9-]{1,32}$/, "a region's name");
  const publicUrl = urlOf(args, "public-url", secrets);
  const otherRegion = urlOf(args, "other-region-url", secrets);
  if (publicUrl !== undefined && bucket === undefined) {
    throw new UsageError("--public-url is of one bucket: expected --bucket NAME with it");
  }
  const profile = args.value("profile");
  const found = await readCredentials(profile === undefined ? {} : { profile });
  const { credentials, unreadable } = found;
  if (credentials === undefined && unreadable !== undefined) {
    throw new UsageError(
      `Missing permission to look for keys: run with ${unreadable}, or as deno task probe`,
    );
  }
  if (credentials !== undefined) {
    secrets.add(credentials.secretAccessKey);
    if (credentials.sessionToken !== undefined) secrets.add(credentials.sessionToken);
  }
  return {
    region: region ?? found.region ?? USUAL_REGION,
    ...(credentials !== undefined && { credentials }),
    ...(bucket !== undefined && { bucket }),
    ...(publicUrl !== undefined && { publicUrl }),
    ...(otherRegion !== undefined && { otherRegion }),
  };
}

function matched(args: Args, flag: string, pattern: RegExp, what: string): string | undefined {
  const text = args.value(flag);
  if (text === undefined || pattern.test(text)) return text;
  throw new UsageError(`--${flag}: received '${text}', expected ${what}`);
}

function urlOf(args: Args, flag: string, secrets: Secrets): URL | undefined {
  const text = args.value(flag);
  if (text === undefined) return undefined;
  const { url, authorization } = parseAddress(flag, text, secrets);
  if (authorization === undefined && url.search === "") return url;
  throw new UsageError(`--${flag}: received more than an address, expected a URL without it`);
}
