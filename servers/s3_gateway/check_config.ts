// Checks a gateway's config, such as one that was read from a file, before anything is made of it.

import { isBucketName } from "../s3/bucket_name.ts";
import {
  checkChoice,
  checkList,
  checkNumber,
  checkObject,
  checkText,
  checkUrl,
  ConfigError,
  type Given,
  optional,
  property,
  refuse,
} from "./check_value.ts";
import type { GatewayConfig } from "./config.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const REGION = /^[A-Za-z0-9-]{1,64}$/;
const HOSTNAME = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;
/** In an Authorization field it stands before a slash, among commas and spaces. */
const KEY_ID = /^[\w+=/.@-]{1,256}$/;
const SECRET = /^\P{Cc}{1,1024}$/u;
const ROLE = /^arn:[\w-]+:iam::\d{0,12}:role\/[\w+=,.@/-]{1,512}$/;
/** A key has 1,024 bytes at most, and some of them have to be left. */
const MAX_PREFIX_BYTES = 512;
const DAY_MS = 86_400_000;
/** What `isBucketName` takes, as far as a message can tell it. */
const BUCKET_NAME =
  "a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens, first and last a letter or digit";

/**
 * Lets a config pass that a gateway can be made of.
 *
 * @param value A {@linkcode GatewayConfig}, or what JSON made of one.
 * @throws {ConfigError} In one line: where, what was received, what was expected. No secret is shown.
 *
 * @example
 * ```ts
 * import { checkConfig } from "./check_config.ts";
 *
 * const config = checkConfig({
 *   backends: { main: { endpoint: "http://127.0.0.1:9000" } },
 *   buckets: { videos: { backend: "main", prefix: "tenant/" } },
 *   keys: [{ accessKeyId: "front", secretAccessKey: "of-the-gateway-alone" }],
 * });
 * console.log(config.buckets["videos"]?.prefix); // tenant/
 * ```
 */
export function checkConfig(value: unknown): GatewayConfig {
  const config = checkObject({ at: "", value }, [
    ...["backends", "buckets", "keys", "region", "hostnames", "limits"],
    ...["variant", "readBody", "uploadPart", "framing"],
  ]);
  const given = (name: string) => property("", config, name);
  const backends = entries(given("backends"), NAME, "a name of letters, digits and ._-");
  for (const [, backend] of backends) checkBackend(backend);
  const buckets = entries(given("buckets"), undefined, "");
  for (const [name, bucket] of buckets) {
    if (!isBucketName(name)) refuse({ at: "a name in buckets", value: name }, BUCKET_NAME);
    checkBucket(bucket, backends.map(([one]) => one));
  }
  const known = buckets.map(([name]) => name);
  const keys = optional(
    given("keys"),
    (list) => checkList(list, (key) => checkClientKey(key, known)),
  ) ?? [];
  const twice = keys.find(({ id }, i) => keys.findIndex((other) => other.id === id) !== i);
  if (twice !== undefined) {
    throw new ConfigError(
      `Cannot make a gateway: received '${twice.id}' twice in keys, expected once`,
    );
  }
  const closed = buckets.find(([name, { value }]) =>
    !isPublic(value) && !keys.some(({ mayUse }) => mayUse.includes(name))
  );
  if (closed !== undefined) {
    throw new ConfigError(
      `Cannot make a gateway: received no key that may use ${
        closed[1].at
      }, expected one in keys, ` +
        "or 'anonymous-read' as its access",
    );
  }
  optional(given("region"), (one) => checkText(one, REGION, "a region's name"));
  optional(
    given("hostnames"),
    (list) => checkList(list, (one) => checkText(one, HOSTNAME, "a host's name")),
  );
  optional(given("variant"), (one) => checkChoice(one, ["bug", "fix"]));
  optional(given("readBody"), (one) => checkChoice(one, ["early", "late"]));
  optional(given("uploadPart"), (one) => checkChoice(one, ["stream", "buffer"]));
  optional(given("framing"), (one) => checkChoice(one, ["fixed", "chunked"]));
  optional(given("limits"), checkLimits);
  return value as GatewayConfig;
}

function entries(given: Given, form: RegExp | undefined, expected: string): [string, Given][] {
  const object = checkObject(given);
  return Object.keys(object).map((name) => {
    if (form !== undefined && !form.test(name)) {
      refuse({ at: `a name in ${given.at}`, value: name }, expected);
    }
    return [name, property(given.at, object, name)];
  });
}

function checkBackend(given: Given): void {
  const { at } = given;
  const backend = checkObject(given, ["endpoint", "region", "addressing", "credentials"]);
  checkUrl(property(at, backend, "endpoint"));
  optional(property(at, backend, "region"), (one) => checkText(one, REGION, "a region's name"));
  optional(
    property(at, backend, "addressing"),
    (one) => checkChoice(one, ["path", "virtual-host"]),
  );
  optional(property(at, backend, "credentials"), checkCredentials);
}

function checkCredentials(given: Given): void {
  const { at, value } = given;
  if (value === "anonymous") return;
  if (typeof value === "string") refuse(given, "'anonymous', a key or a web identity", true);
  if (!("stsUrl" in checkObject(given))) {
    const key = checkObject(given, ["accessKeyId", "secretAccessKey", "sessionToken"]);
    checkKey(at, key);
    optional(
      property(at, key, "sessionToken"),
      (one) => checkText(one, /^[\x21-\x7e]{1,16384}$/, "a session token", true),
    );
    return;
  }
  const identity = checkObject(given, ["stsUrl", "roleArn", "sessionName", "durationS", "token"]);
  checkUrl(property(at, identity, "stsUrl"));
  checkText(property(at, identity, "roleArn"), ROLE, "a role's ARN");
  optional(
    property(at, identity, "sessionName"),
    (one) => checkText(one, /^[\w+=,.@-]{2,64}$/, "2 to 64 letters, digits or +=,.@-"),
  );
  optional(property(at, identity, "durationS"), (one) => checkNumber(one, 1, 43_200));
  checkToken(property(at, identity, "token"));
}

function checkToken(given: Given): void {
  const { at } = given;
  const token = checkObject(given, ["value", "file", "issuer", "subject", "audience"]);
  const ways = ["value", "file", "issuer"].filter((way) => Object.hasOwn(token, way));
  if (ways.length !== 1) refuse(given, "one of value, file and issuer");
  const text = (name: string, hidden = false) =>
    checkText(property(at, token, name), /^\P{Cc}+$/u, "a text", hidden);
  if (ways[0] === "value") text("value", true);
  if (ways[0] === "file") text("file");
  if (ways[0] !== "issuer") return;
  checkUrl(property(at, token, "issuer"));
  text("subject");
  text("audience");
}

function checkBucket(given: Given, backends: readonly string[]): void {
  const { at } = given;
  const bucket = checkObject(given, ["backend", "bucket", "prefix", "access"]);
  checkChoice(property(at, bucket, "backend"), backends);
  const name = property(at, bucket, "bucket");
  optional(name, (one) => {
    // Names that were made before today's rules are allowed for are no concern of ours.
    const expected = "a bucket's name: 3 to 255 letters, digits, dots, hyphens and underscores";
    checkText(one, /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/, expected);
    if (typeof one.value === "string" && one.value.includes("..")) refuse(one, expected);
  });
  optional(property(at, bucket, "prefix"), checkPrefix);
  optional(
    property(at, bucket, "access"),
    (one) => checkChoice(one, ["keyed", "anonymous-read"]),
  );
}

function isPublic(bucket: unknown): boolean {
  return typeof bucket === "object" && bucket !== null &&
    Reflect.get(bucket, "access") === "anonymous-read";
}

function checkPrefix(given: Given): void {
  const expected =
    `a prefix of keys of at most ${MAX_PREFIX_BYTES} bytes, without segments . and ..`;
  const prefix = checkText(given, /^/, expected);
  const isTooLong = new TextEncoder().encode(prefix).length > MAX_PREFIX_BYTES;
  const segments = prefix.split("/");
  if (isTooLong || !prefix.isWellFormed() || segments.includes("..") || segments.includes(".")) {
    refuse(given, expected);
  }
}

function checkKey(at: string, key: Readonly<Record<string, unknown>>): string {
  const id = checkText(property(at, key, "accessKeyId"), KEY_ID, "an access key's id", true);
  checkText(property(at, key, "secretAccessKey"), SECRET, "a secret access key", true);
  return id;
}

/** A client's key: its id, and the buckets that it may use. */
interface CheckedKey {
  id: string;
  mayUse: readonly string[];
}

function checkClientKey(given: Given, buckets: readonly string[]): CheckedKey {
  const key = checkObject(given, ["accessKeyId", "secretAccessKey", "buckets"]);
  const mayUse = optional(
    property(given.at, key, "buckets"),
    (list) => checkList(list, (one) => checkChoice(one, buckets)),
  );
  return { id: checkKey(given.at, key), mayUse: mayUse ?? buckets };
}

function checkLimits(given: Given): void {
  const names = ["silenceMs", "exchangeMs", "refreshMs"];
  const limits = checkObject(given, names);
  for (const name of names) {
    optional(property(given.at, limits, name), (one) => checkNumber(one, 1, DAY_MS));
  }
}
