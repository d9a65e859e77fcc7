// Varnish as a caching reverse proxy: it makes requests for one URL wait for the first by default.

import { type Reasoned, reasoned } from "./arguments.ts";
import type { ProxySettings } from "../lab/role.ts";
import type { Engine, Launch, Place } from "./engine.ts";
import { editing } from "./remedy.ts";

const PARAMETERS = "varnishd(1), list of parameters, 7.1";
/** More VCL after ours, before the built-in one. */
const appending = (vcl: string) => editing("edge.vcl", LAST_LINE, `${LAST_LINE}\n\n${vcl}`);
/** The end of the backend's declaration. */
const LAST_LINE = "  .between_bytes_timeout = 1h;\n}";

/** Everything beside the origin is the built-in VCL, which is appended to ours. */
function vcl({ originUrl }: ProxySettings): string {
  const port = originUrl.port || "80";
  return `vcl 4.1;

backend origin {
  .host = "${originUrl.hostname}";
  .port = "${port}";
  # An origin that hangs is to be ended by the scenario, not by the default of 60 s ...
  .first_byte_timeout = 1h;
  # ... nor one that stalls in its body.
  .between_bytes_timeout = 1h;
}
`;
}

function commandLine({ folder, port }: Place): readonly Reasoned[] {
  const parameter = (name: string, value: string) => ["-p", `${name}=${value}`];
  return [
    [["-F", "-n", `${folder}/work`], "in the foreground, its working files below the folder"],
    [
      ["-j", "none"],
      "its other jails change to a user of its own, who could not reach a folder that is ours alone",
    ],
    [["-T", "none"], "no port for its management, which listens on loopback by default"],
    [["-a", `127.0.0.1:${port}`], "where it listens"],
    [["-f", `${folder}/edge.vcl`], "what it does, beside the built-in VCL"],
    [["-s", "malloc,100m"], "answers are kept in memory"],
    [parameter("feature", "+http2"), "HTTP/2 is off by default"],
    [
      parameter("timeout_idle", "3600"),
      "a connection that is opened early, or is kept, is not to be closed under the probe (5 s)",
    ],
    [
      [...parameter("idle_send_timeout", "3600"), ...parameter("send_timeout", "3600")],
      "a client that does not read is a case of its own, which these would end (60 s, 10 min)",
    ],
    [
      parameter("auto_restart", "off"),
      "a crash has to be seen: by default the child is started anew",
    ],
    [
      parameter("vsl_space", "1m"),
      "the log in memory is a file of the folder, 80 MiB by default, and nobody reads it",
    ],
    [
      parameter("syslog_cli_traffic", "off"),
      "nothing is to be written outside the folder, the system's log included",
    ],
  ];
}

/** Varnish Cache. */
export const varnish: Engine = {
  name: "varnish",
  title: "Varnish",
  program: "varnishd",
  variable: "EDGE_REPRO_VARNISH",
  versionArgs: ["-V"],
  version: /varnish-(\S+)/,
  install: "apt-get install varnish",
  broken: /^Error:|\bdied (signal|status)=|\bPanic\b|not responding to CLI/,
  plays: {
    "caching-proxy": {
      constants: [],
      applies: [],
      lacks: {
        "lock-wait-timeout": `no parameter ends a wait for a busy object (${PARAMETERS})`,
        "lock-age-timeout": `no parameter replaces a fetch that takes long (${PARAMETERS})`,
        "waiting-limit": `no parameter limits how many wait for a busy object (${PARAMETERS})`,
        figures: "busy_sleep and busy_wakeup are counted in shared memory, not served over HTTP " +
          "(varnish-counters(7))",
      },
      remedies: [
        {
          name: "short-first-byte-timeout",
          what:
            ".first_byte_timeout of the backend, 60 s by default, ends the fetch, and with it " +
            "the wait of all (vcl-backend(7)); nothing makes those that wait look at their clients",
          cases: ["cache-lock/hang"],
          apply: editing("edge.vcl", ".first_byte_timeout = 1h;", ".first_byte_timeout = 2s;"),
        },
        {
          name: "grace",
          what: "beresp.grace longer than a fetch takes: what has expired is then served at once " +
            "while it is fetched anew (vcl-var(7), beresp.grace)",
          cases: ["cache-lock/expired"],
          apply: appending("sub vcl_backend_response {\n  set beresp.grace = 1h;\n}"),
        },
        {
          name: "rush-exponent",
          what:
            "rush_exponent, how many of those that wait are woken at a time, 3 by default and " +
            `called experimental (${PARAMETERS})`,
          cases: ["cache-lock/uncacheable-many"],
          apply: (launch) => ({ ...launch, args: [...launch.args, "-p", "rush_exponent=1000"] }),
        },
        {
          name: "pass",
          what: "return (pass) in vcl_recv for URLs known not to be cacheable (Users Guide, " +
            "Uncacheable content): nobody waits",
          cases: ["cache-lock/uncacheable", "cache-lock/uncacheable-many"],
          apply: appending("sub vcl_recv {\n  return (pass);\n}"),
        },
      ],
      launch: (settings, place): Launch => ({
        ...reasoned(commandLine(place)),
        files: { "edge.vcl": vcl(settings) },
        // VCL is compiled by the C compiler, whose temporary files belong below the folder too.
        env: { TMPDIR: place.folder },
      }),
    },
  },
};
