// workerd, Cloudflare's own runtime: a WebSocket server with the echo object, and an S3 gateway.

import { createHash } from "node:crypto";
import type { WebSocketServerSettings } from "../lab/role.ts";
// The Worker that is deployed, as text: nothing of our host is loaded.
import worker from "../servers/ws_echo/worker/echo.ts" with { type: "text" };
import { type Reasoned, reasoned } from "./arguments.ts";
import type { Engine, Place } from "./engine.ts";
import { COMPATIBILITY_DATE } from "./workerd/compatibility_date.ts";
import { gatewayPlay } from "./workerd/gateway_play.ts";
import manifest from "./workerd/package.json" with { type: "text" };
import launcher from "./workerd/workerd-server" with { type: "text" };

/** What the build needs, by its path. */
const SOURCES: Readonly<Record<string, string>> = {
  "package.json": manifest,
  "workerd-server": launcher,
};

/** What was made of another package has another name, so that it is never mistaken. */
const digest = createHash("sha256").update(JSON.stringify(SOURCES)).digest("hex").slice(0, 8);

/** How long an object is idle before workerd 1.20261117.1 evicts it: measured from 9.9 to 10.0 s. */
const EVICTION_MS = 10_000;

const ARGUMENTS: readonly Reasoned[] = [
  [["serve"], "runs until it is ended"],
  [["--experimental"], "lets workerd strip types, which is experimental"],
  [["config.capnp"], "the configuration"],
];

function configuration(
  { heartbeatTimeoutMs, cleanupIntervalMs }: WebSocketServerSettings,
  { port }: Place,
): string {
  return `# The schema that workerd has built in.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "echo", worker = .echo),
    # Where the objects' databases are: below the working folder.
    (name = "objects", disk = (path = "objects", writable = true)),
    # Takes the place of the one that is there by default: the Worker reaches nobody.
    (name = "internet", network = (allow = [])),
  ],
  sockets = [
    # Where it listens.
    (name = "http", address = "127.0.0.1:${port}", http = (), service = "echo"),
  ],
);

const echo :Workerd.Worker = (
  # The Worker as it is deployed.
  modules = [(name = "echo.ts", esModule = embed "echo.ts")],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  # The Worker is TypeScript, and workerd takes JavaScript.
  compatibilityFlags = ["typescript_strip_types"],
  # What wrangler.jsonc binds when it is deployed.
  bindings = [
    (name = "ECHO", durableObjectNamespace = "EchoObject"),
    (name = "PLAIN_ECHO", durableObjectNamespace = "PlainEchoObject"),
    # After so many milliseconds without a heartbeat a connection is closed,
    (name = "HEARTBEAT_TIMEOUT_MS", text = "${heartbeatTimeoutMs}"),
    # and so often each is looked at for that.
    (name = "CLEANUP_INTERVAL_MS", text = "${cleanupIntervalMs}"),
  ],
  durableObjectNamespaces = [
    # Without SQL there would be no ctx.storage.kv.
    (className = "EchoObject", uniqueKey = "EchoObject", enableSql = true),
    (className = "PlainEchoObject", uniqueKey = "PlainEchoObject", enableSql = true),
  ],
  # In memory, data and alarms would be lost when their object is evicted (seen in 1.20261117.1).
  durableObjectStorage = (localDisk = "objects"),
);
`;
}

/** workerd. */
export const workerd: Engine = {
  name: "workerd",
  title: "workerd",
  program: `edge-repro-workerd-${digest}`,
  variable: "EDGE_REPRO_WORKERD",
  versionArgs: ["--version"],
  version: /^workerd (\S+)/m,
  install: "edge-repro engines install workerd",
  build: {
    tool: "npm",
    toolFrom: "Node.js 18 or later with npm (https://nodejs.org)",
    // Its install script would copy the program a second time.
    args: [
      ...["install", "--omit=dev", "--ignore-scripts"],
      ...["--no-audit", "--no-fund", "--no-update-notifier"],
    ],
    files: SOURCES,
    output: ".",
    start: "workerd-server",
  },
  // A client that breaks the protocol is an "Uncaught exception" too, in a line that begins otherwise.
  broken: /^\*\*\* |^service \w+: |^# Fatal |^Socket "\w+": bind\(\)|SQLITE_(CORRUPT|FULL|IOERR)/,
  plays: {
    "websocket-server": {
      constants: [
        { ms: EVICTION_MS, what: "how long an object is idle before eviction", kind: "eviction" },
      ],
      applies: ["heartbeatTimeoutMs", "cleanupIntervalMs"],
      lacks: {},
      // The Worker's own. Asking wakes the object.
      statsPath: "/stats",
      launch: (settings, place) => ({
        ...reasoned(ARGUMENTS),
        folders: ["objects"],
        files: { "config.capnp": configuration(settings, place), "echo.ts": worker },
        // Nothing elsewhere is written.
        env: { TMPDIR: place.folder },
      }),
    },
    "s3-gateway": gatewayPlay,
  },
};
