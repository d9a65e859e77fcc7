// workerd as an S3 gateway: the gateway's own sources, bundled into one module, as a deployment is.

import type { S3GatewaySettings } from "../../lab/role.ts";
import {
  type GatewayConfig,
  type GatewaySwitches,
  VARIANT_SWITCHES,
} from "../../servers/s3_gateway/config.ts";
import { STATS_PATH } from "../../servers/server.ts";
import { type Reasoned, reasoned } from "../arguments.ts";
import type { Place, Remedy, RolePlay } from "../engine.ts";
import { editing } from "../remedy.ts";
import { COMPATIBILITY_DATE } from "./compatibility_date.ts";
import { GATEWAY_ENTRY, GATEWAY_SOURCES } from "./gateway_sources.ts";

/** Where the sources are, below the engine's folder. */
export const SOURCE_FOLDER = "source";

/** What the bundle is called: as its entry, in JavaScript. */
const BUNDLE = GATEWAY_ENTRY.replace(/^.*\//, "").replace(/ts$/, "js");

/** The gateway's config. */
const CONFIG = "gateway.json";

const ARGUMENTS: readonly Reasoned[] = [
  [[`--bundle=${SOURCE_FOLDER}/${GATEWAY_ENTRY}`], `makes \`${BUNDLE}\` first, with esbuild`],
  [["serve"], "runs until it is ended"],
  [["config.capnp"], "the configuration"],
];

const DATE = `compatibilityDate = "${COMPATIBILITY_DATE}"`;

const configuration = ({ port }: Place) =>
  `# The schema that workerd has built in.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "gateway", worker = .gateway),
    # Takes the place of the one that is there by default: the Worker reaches this machine alone.
    (name = "internet", network = (allow = ["local"])),
  ],
  sockets = [
    # Where it listens.
    (name = "http", address = "127.0.0.1:${port}", http = (), service = "gateway"),
  ],
);

const gateway :Workerd.Worker = (
  # What was made of the sources.
  modules = [(name = "${BUNDLE}", esModule = embed "${BUNDLE}")],
  # By that day node:crypto, which hashes, needs no flag.
  ${DATE},
  # What wrangler.jsonc has in "vars" when it is deployed.
  bindings = [(name = "GATEWAY_CONFIG", text = embed "${CONFIG}")],
);
`;

/** The gateway's config, in the order in which it is read best. */
function gatewayConfig(
  { backend, sts, bucket, credentials, region, ...rest }: S3GatewaySettings,
): GatewayConfig {
  const { backendTimeoutMs, stsTimeoutMs, repaired } = rest;
  const { roleArn, subject, audience } = sts;
  const stsUrl = withoutSlash(sts.url);
  const identity = { stsUrl, roleArn, token: { issuer: stsUrl, subject, audience } };
  return {
    ...withRepaired(VARIANT_SWITCHES.bug, repaired),
    backends: {
      main: {
        endpoint: withoutSlash(backend.url),
        region: backend.region,
        credentials: identity,
      },
    },
    buckets: { [bucket]: { backend: "main", bucket: backend.bucket } },
    keys: [credentials],
    region,
    limits: { silenceMs: backendTimeoutMs, exchangeMs: stsTimeoutMs },
  };
}

const withoutSlash = ({ href }: URL) => href.replace(/\/$/, "");

/** The configuration with one switch, or several, as repaired. */
function repaired(...switches: readonly (keyof GatewaySwitches)[]): Remedy["apply"] {
  return (launch) => {
    const config: GatewayConfig = JSON.parse(launch.files?.[CONFIG] ?? "");
    const edited = asJson(withRepaired(config, switches));
    return { ...launch, files: { ...launch.files, [CONFIG]: edited } };
  };
}

function withRepaired<T extends object>(
  config: T,
  switches: readonly (keyof GatewaySwitches)[],
): T {
  const { fix } = VARIANT_SWITCHES;
  return switches.reduce((one, name) => ({ ...one, [name]: fix[name] }), config);
}

const asJson = (config: GatewayConfig) => `${JSON.stringify(config, null, 2)}\n`;

/** The report's three repairs, each alone and all together, and the flag that it found of no help. */
const REMEDIES: readonly Remedy[] = [
  {
    name: "read-body-early",
    what:
      "bodies that are needed whole are read in their own request's turn, before it waits for a key",
    cases: ["body-io/multipart-burst", "body-io/delete-burst"],
    apply: repaired("readBody"),
  },
  {
    name: "stream-parts",
    what: "plain parts are passed on as they come, and none is held in memory",
    cases: ["body-io/flat-memory"],
    apply: repaired("uploadPart"),
  },
  {
    name: "fixed-length",
    what: "contents that are passed on go through a `FixedLengthStream` and keep Content-Length",
    cases: ["body-io/part-framing", "body-io/put-framing"],
    apply: repaired("framing"),
  },
  {
    name: "repaired",
    what: "all three of these",
    cases: [
      "body-io/multipart-burst",
      "body-io/delete-burst",
      "body-io/part-framing",
      "body-io/put-framing",
      "body-io/flat-memory",
    ],
    apply: repaired("readBody", "uploadPart", "framing"),
  },
  {
    name: "no-cross-request-resolution",
    what:
      "the runtime's flag `no_handle_cross_request_promise_resolution`, by which a request that " +
      "another one wakes goes on in that other's context",
    cases: ["body-io/multipart-burst", "body-io/delete-burst"],
    apply: editing(
      "config.capnp",
      DATE,
      `${DATE},\n  compatibilityFlags = ["no_handle_cross_request_promise_resolution"]`,
    ),
  },
];

/** How workerd plays an S3 gateway: as the report found it, unless it is told to be repaired. */
export const gatewayPlay: RolePlay<S3GatewaySettings> = {
  constants: [],
  applies: [
    ...["backend", "sts", "bucket", "credentials", "region"] as const,
    ...["backendTimeoutMs", "stsTimeoutMs", "repaired"] as const,
  ],
  lacks: {},
  remedies: REMEDIES,
  // The gateway's own; whoever asks for it begins no exchange.
  statsPath: STATS_PATH,
  // The gateway's own, its failed requests as JSON; what the runtime has to say begins otherwise.
  tells: /^\w*Error: |^\{"requestId":/,
  launch: (settings, place) => ({
    ...reasoned(ARGUMENTS),
    files: {
      "config.capnp": configuration(place),
      [CONFIG]: asJson(gatewayConfig(settings)),
      ...Object.fromEntries(
        Object.entries(GATEWAY_SOURCES).map(([path, text]) => [`${SOURCE_FOLDER}/${path}`, text]),
      ),
    },
    // Nothing elsewhere is written.
    env: { TMPDIR: place.folder },
  }),
};
