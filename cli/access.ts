// From a probe's flags to how it reaches its target.

import { UsageError } from "../lab/errors.ts";
import { paramFields, type Params } from "../lab/params.ts";
import type { Role } from "../lab/role.ts";
import type { Access, Scenario } from "../lab/scenario.ts";
import { type Address, parseAddress, parseHeaders, shownUrl } from "./address.ts";
import type { Args, Flag } from "./flags.ts";
import type { Secrets } from "./secrets.ts";
import { requestUrl, shownTarget, withoutSocketPath } from "./socket_target.ts";
import {
  GATEWAY_FLAGS,
  gatewayAccessOf,
  STORE_FLAGS,
  STORE_ONLY_FLAGS,
  storeAccessOf,
} from "./store_access.ts";

/** The flags that say where a target is and how to speak to it. */
export const ACCESS_FLAGS: readonly Flag[] = [
  {
    name: "target",
    kind: "string",
    placeholder: "URL|engine:NAME",
    description: "what the probe is aimed at: a URL, whose user and password become an " +
      "Authorization header, or a real product that is started for it",
    shown: (value) => value.startsWith("engine:") ? value : shownTarget(value),
  },
  {
    name: "origin",
    kind: "string",
    placeholder: "URL",
    description: "our slow origin behind the target (edge-repro serve slow-origin)",
    shown: shownUrl,
  },
  {
    name: "stats-url",
    kind: "string",
    placeholder: "URL",
    description: "where the target tells its figures (edge-repro/stats@1)",
    shown: shownUrl,
  },
  {
    name: "header",
    kind: "list",
    placeholder: "'NAME: VALUE'",
    description: "sent with every request",
    shown: (value) => `${value.split(":", 1)[0]}: ...`,
  },
  {
    name: "host",
    kind: "string",
    placeholder: "HOST",
    description: "the Host header, when it is not the target's host",
  },
  {
    name: "path",
    kind: "string",
    placeholder: "/PREFIX",
    description: "what every request's path begins with",
    shown: (value) => value.split("?", 1)[0] ?? "",
  },
  { name: "insecure", kind: "boolean", description: "accept any certificate" },
  ...STORE_FLAGS,
  ...GATEWAY_FLAGS,
];

/** The roles that speak the S3 API: their requests are signed. */
const SIGNED_ROLES: readonly Role[] = ["object-store", "s3-gateway"];

/** The roles of which a target has what a flag says, for flags that are not for all. */
const ROLES_OF: ReadonlyMap<string, readonly Role[]> = new Map([
  ["origin", ["caching-proxy"]],
  ...STORE_FLAGS.map(({ name }): [string, readonly Role[]] => [
    name,
    STORE_ONLY_FLAGS.includes(name) ? ["object-store"] : SIGNED_ROLES,
  ]),
  ...GATEWAY_FLAGS.map(({ name }): [string, readonly Role[]] => [name, ["s3-gateway"]]),
]);

function checkRole(args: Args, { role, id }: Scenario): void {
  for (const [foreign, roles] of ROLES_OF) {
    if (roles.includes(role) || !args.has(foreign)) continue;
    throw new UsageError(
      `--${foreign} is for a target of the role ${roles.join(" or ")}: ` +
        `${id} needs one of the role ${role}`,
    );
  }
}

/**
 * Reads {@linkcode ACCESS_FLAGS}, and the parameters by which a scenario's seed names ports.
 *
 * @param given The parameters that were given by flag.
 * @throws {UsageError} for what is no URL, header, host or path, and for a target that is missing or
 * given twice.
 */
export async function accessOf(
  args: Args,
  scenario: Scenario,
  given: Params,
  secrets: Secrets,
): Promise<Access> {
  checkRole(args, scenario);
  // Neither given: the seed's client, which looks for proxy and origin on their usual ports.
  const usual = !args.has("target") && !args.has("origin");
  const target = endpoint(args, "target", scenario, given, secrets) ??
    (usual ? usualEndpoint("target", scenario, secrets) : undefined);
  if (target === undefined) {
    throw new UsageError("probe needs a target: expected --target URL or --target engine:NAME");
  }
  const { url, authorization } = target;
  // It stands before the path of every request: a query there would cut each of them short.
  if (url.search !== "") throw new UsageError("--target: received a query, expected none");
  url.pathname = pathOf(args, withoutSocketPath(args, url, scenario, given), scenario);
  const headers = parseHeaders(args.list("header"), secrets);
  if (authorization !== undefined) {
    if (SIGNED_ROLES.includes(scenario.role)) {
      throw new UsageError(
        "--target: received user and password, expected keys in AWS_* or R2_* variables",
      );
    }
    if ("authorization" in headers) {
      throw new UsageError("--header: 'authorization' is given by the target's user and password");
    }
    headers["authorization"] = authorization;
  }
  const host = hostOf(args);
  const origin = endpoint(args, "origin", scenario, given, secrets) ??
    (usual ? usualEndpoint("origin", scenario, secrets) : undefined);
  const originUrl = plain(origin, "origin");
  const statsText = args.value("stats-url");
  const statsUrl = statsText === undefined
    ? undefined
    : plain(parseAddress("stats-url", statsText, secrets), "stats-url");
  return {
    url,
    headers,
    insecure: args.has("insecure"),
    ...(host !== undefined && { host }),
    ...(originUrl !== undefined && { originUrl }),
    ...(statsUrl !== undefined && { statsUrl }),
    ...(SIGNED_ROLES.includes(scenario.role) && { store: await storeAccessOf(args, secrets) }),
    ...gatewayAccessOf(args, secrets),
    told: Object.keys(given),
  };
}

function portFlag(scenario: Scenario, role: "target" | "origin"): string | undefined {
  return paramFields(scenario.params)
    .find(({ name }) => scenario.ports?.[name] === role)?.flag;
}

/** The port that the scenario's seed uses, on this machine. */
function usualEndpoint(
  role: "target" | "origin",
  scenario: Scenario,
  secrets: Secrets,
): Address | undefined {
  const field = paramFields(scenario.params)
    .find(({ name }) => scenario.ports?.[name] === role);
  return field && parseAddress(role, `http://127.0.0.1:${field.default}`, secrets);
}

/** A URL by its own flag, or on this machine by the port that the scenario's parameter names. */
function endpoint(
  args: Args,
  role: "target" | "origin",
  scenario: Scenario,
  given: Params,
  secrets: Secrets,
): Address | undefined {
  const text = args.value(role);
  const [port] = Object.entries(given)
    .flatMap(([name, value]) => scenario.ports?.[name] === role && value !== 0 ? [value] : []);
  if (port === undefined) {
    if (text === undefined) return undefined;
    return parseTarget(role, role === "target" ? requestUrl(text, scenario) : text, secrets);
  }
  if (text !== undefined) {
    throw new UsageError(
      `--${portFlag(scenario, role)} stands for --${role}: expected one of them`,
    );
  }
  return parseAddress(role, `http://127.0.0.1:${port}`, secrets);
}

function parseTarget(flag: string, text: string, secrets: Secrets): Address {
  if (flag === "origin" && text.startsWith("engine:")) {
    throw new UsageError(`--origin: received '${text}', expected a URL: engines are targets`);
  }
  return parseAddress(flag, text, secrets);
}

/** The URL of an address that takes no credentials. */
function plain(address: Address | undefined, flag: string): URL | undefined {
  if (address?.authorization === undefined) return address?.url;
  throw new UsageError(`--${flag}: received user and password, expected a URL without them`);
}

function pathOf(args: Args, url: URL, { role }: Scenario): string {
  const path = args.value("path");
  const [, bucket = ""] = url.pathname.split("/");
  // Consoles show endpoints with the bucket in them.
  if (SIGNED_ROLES.includes(role) && bucket !== "") {
    throw new UsageError(
      `--target: received the path '${url.pathname}', expected the endpoint alone: ` +
        `the bucket is given with --bucket ${bucket}, a prefix with --path`,
    );
  }
  if (path === undefined) return url.pathname;
  if (url.pathname !== "/") {
    throw new UsageError("--path: the target's URL has a path already: expected one of them");
  }
  if (/^\/[^\s?#]*$/.test(path)) return path;
  throw new UsageError(
    `--path: received '${
      path.split("?", 1)[0]
    }', expected a path that begins with / and has no query`,
  );
}

function hostOf(args: Args): string | undefined {
  const host = args.value("host");
  if (host === undefined || /^[\w.-]+(:\d+)?$|^\[[\da-fA-F:.]+\](:\d+)?$/.test(host)) return host;
  throw new UsageError(`--host: received '${host}', expected a host name or HOST:PORT`);
}

/**
 * Refuses what the permissions at hand do not reach, before anything is tried: later the refusal
 * would look like a target that is out of reach.
 *
 * @throws {UsageError} naming the flag that grants it.
 */
export async function checkReachable(access: Access): Promise<void> {
  const { url, originUrl, statsUrl, store, backendLogUrl, stsUrl } = access;
  const ofStore = [store?.publicUrl, store?.otherRegion];
  for (const one of [url, originUrl, statsUrl, ...ofStore, backendLogUrl, stsUrl]) {
    if (one === undefined) continue;
    const port = one.port || (one.protocol === "https:" ? "443" : "80");
    const host = `${one.hostname}:${port}`;
    const { state } = await Deno.permissions.query({ name: "net", host });
    if (state === "granted") continue;
    throw new UsageError(
      `Missing permission: net access to '${host}'; run with --allow-net=${host}, ` +
        "or as deno task probe",
    );
  }
}
