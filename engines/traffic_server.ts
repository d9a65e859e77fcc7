// Apache Traffic Server as a caching reverse proxy whose readers wait for, and share, one fetch.

import { reasoned } from "./arguments.ts";
import type { ProxySettings } from "../lab/role.ts";
import type { Engine, Launch, Place } from "./engine.ts";

const RECORDS = "Traffic Server 9.2 manual, records.config";
const FILE = "config/records.config";
const HERD = "Traffic Server 9.2 manual, Cache Basics, Reducing Origin Server Requests";

/** How often a waiting request asks the cache again, in milliseconds: the setting's default. */
const RETRY_MS = 10;

/** Lines in place of those that set the same, or after all others. */
function setting(...lines: string[]): (launch: Launch) => Launch {
  return (launch) => {
    const text = launch.files?.[FILE] ?? "";
    const names = lines.map((line) => line.split(" ")[0] ?? "");
    const kept = text.split("\n").filter((line) =>
      !names.some((name) => line.includes(`${name} `))
    );
    const records = [...kept, ...lines.map((line) => `CONFIG ${line}`), ""].join("\n");
    return { ...launch, files: { ...launch.files, [FILE]: records } };
  };
}

/** As many retries as make up the wait when each of them, and its twin, takes 50 ms. */
function plainRetries(launch: Launch): Launch {
  const [, retries = "0"] = /max_open_read_retries INT (\d+)/.exec(launch.files?.[FILE] ?? "") ??
    [];
  const waitMs = Number(retries) * RETRY_MS;
  return setting(
    "proxy.config.cache.read_while_writer.max_retries INT 0",
    "proxy.config.http.cache.open_read_retry_time INT 50",
    `proxy.config.http.cache.max_open_read_retries INT ${Math.round(waitMs / 100)}`,
  )(launch);
}

function records(
  { lockWaitTimeoutMs, maxWaiting }: ProxySettings,
  { port, folder }: Place,
): string {
  const limit = maxWaiting === 0 ? "" : `
# So many requests at once, and no more: each thread has its share of them.
CONFIG proxy.config.net.max_requests_in INT ${maxWaiting}
CONFIG proxy.config.exec_thread.autoconfig INT 0
CONFIG proxy.config.exec_thread.limit INT 1
`;
  return `# On loopback alone, with HTTP/1.1 as by default.
CONFIG proxy.config.http.server_ports STRING ${port}
LOCAL proxy.local.incoming_ip_to_bind STRING 127.0.0.1
# No name is looked up: the origin has an address. By default a socket of every address is opened.
CONFIG proxy.config.dns.resolv_conf STRING ${folder}/config/resolv.conf
CONFIG proxy.config.dns.local_ipv4 STRING 127.0.0.1
# Stay the user that it was started by: another could not reach a folder that is ours alone.
CONFIG proxy.config.admin.user_id STRING #-1
# No second process that waits for a crash of the first.
CONFIG proxy.config.crash_log_helper STRING NULL
# What is wrong goes to the output, and not to the system's log; nothing else is logged. (That it
# starts it tells the system's log whatever its settings are.)
CONFIG proxy.config.diags.logfile.filename STRING stderr
CONFIG proxy.config.diags.output.error STRING L
CONFIG proxy.config.diags.output.fatal STRING L
CONFIG proxy.config.diags.output.emergency STRING L
CONFIG proxy.config.log.logging_enabled INT 0
# Connections are taken once the cache is there; without one it ends.
CONFIG proxy.config.http.wait_for_cache INT 2

# Readers are sent what has come while the rest is still being fetched ...
CONFIG proxy.config.cache.enable_read_while_writer INT 1
# ... for which a fetch has to go on when the client that began it has left, however early ...
CONFIG proxy.config.http.background_fill_active_timeout INT 0
CONFIG proxy.config.http.background_fill_completed_threshold FLOAT 0.0
# ... and an answer whose size is not known must not turn out too large.
CONFIG proxy.config.cache.max_doc_size INT 0
# Who finds another at work reads the cache again, rather than going to the origin: collapsing.
CONFIG proxy.config.http.cache.open_write_fail_action INT 5
# Again after this many milliseconds, and this often: by the manual, their product is the wait.
CONFIG proxy.config.http.cache.open_read_retry_time INT ${RETRY_MS}
CONFIG proxy.config.http.cache.max_open_read_retries INT ${Math.ceil(lockWaitTimeoutMs / RETRY_MS)}

# An origin that hangs is to be ended by the retries above, not by these timeouts.
CONFIG proxy.config.http.transaction_no_activity_timeout_in INT 3600
CONFIG proxy.config.http.transaction_no_activity_timeout_out INT 3600
CONFIG proxy.config.http.transaction_active_timeout_in INT 0
${limit}`;
}

/** Where everything is: what is left out would be looked for in the installed places. */
function runroot(folder: string): string {
  const own = ["prefix", "exec_prefix", "bindir", "sbindir", "includedir", "libdir", "libexecdir"];
  return "# What is left out would be looked for in the installed places.\n" +
    own.map((name) => `${name}: ${folder}\n`).join("") +
    `sysconfdir: ${folder}/config
datadir: ${folder}/cache
cachedir: ${folder}/cache
localstatedir: ${folder}/run
runtimedir: ${folder}/run
logdir: ${folder}/log
`;
}

/** By itself it turns everybody away. */
const IP_ALLOW = `# By itself it turns everybody away.
ip_allow:
  - apply: in
    ip_addrs: 127.0.0.1
    action: allow
    methods: ALL
`;

/** Apache Traffic Server. */
export const trafficServer: Engine = {
  name: "traffic-server",
  title: "Traffic Server",
  program: "traffic_server",
  variable: "EDGE_REPRO_TRAFFIC_SERVER",
  versionArgs: ["-V"],
  version: /Traffic Server (\d\S*)/,
  install: "apt-get install trafficserver",
  // It goes on without a port, and only warns of it.
  broken: /\b(FATAL|ALERT|EMERGENCY): |unable to listen on port/,
  plays: {
    "caching-proxy": {
      constants: [{
        ms: 100,
        what: "how often a waiting request looks for the header of the answer: " +
          "read_while_writer_retry.delay is 50 ms by default, and doubled from the third time on",
      }],
      applies: ["lockWaitTimeoutMs", "maxWaiting"],
      lacks: {
        figures: `stats_over_http counts connections and transactions, not those that wait`,
        "lock-age-timeout":
          `a reader's own retries are all that limits its wait; no fetch is replaced (${HERD})`,
        "stale-while-revalidate":
          "the directive is not looked at; open_write_fail_action 2 and 3 " +
          `serve what has expired to all but the first (${RECORDS})`,
      },
      remedies: [
        {
          name: "no-half-open",
          what: "proxy.config.http.allow_half_open 0: a client that sends FIN is let go at once, " +
            `also one that would have read on, and a fetch ends with the client that began it (${RECORDS})`,
          cases: [
            ...["disconnect", "close", "reset", "many", "hang", "exhaustion", "keep-alive"],
            ...["expired", "navigate"],
          ].map((id) => `cache-lock/${id}`),
          apply: setting("proxy.config.http.allow_half_open INT 0"),
        },
        {
          name: "no-retries",
          what: "the defaults, max_open_read_retries -1 and open_write_fail_action 0: the manual " +
            `calls retries inappropriate for what is never cached (${HERD}); nobody waits`,
          cases: ["cache-lock/uncacheable", "cache-lock/uncacheable-many"],
          apply: setting(
            "proxy.config.http.cache.max_open_read_retries INT -1",
            "proxy.config.http.cache.open_write_fail_action INT 0",
          ),
        },
        {
          name: "plain-retries",
          what:
            "read_while_writer.max_retries 0 and open_read_retry_time 50: each retry includes " +
            "those of read-while-writer, and all are made twice, which the manual leaves out " +
            `(${HERD})`,
          cases: ["cache-lock/wait-timeout"],
          apply: plainRetries,
        },
        {
          name: "small-fragments",
          what: "target_fragment_size of 32 KiB: readers are fed as fragments are written " +
            `(${RECORDS})`,
          cases: ["cache-lock/trickle"],
          apply: setting("proxy.config.cache.target_fragment_size INT 32768"),
        },
      ],
      launch: (settings, place): Launch => ({
        ...reasoned([[
          [`--run-root=${place.folder}/runroot.yaml`],
          "by itself, without its manager, and with every folder below the run's",
        ]]),
        files: {
          "runroot.yaml": runroot(place.folder),
          "config/records.config": records(settings, place),
          "config/remap.config":
            `# Everything is the origin's.\nmap / ${settings.originUrl.origin}/\n`,
          "config/storage.config":
            `# A small cache, below the folder.\n${place.folder}/cache 128M\n`,
          "config/ip_allow.yaml": IP_ALLOW,
          "config/resolv.conf": "# Nobody is asked for names.\nnameserver 127.0.0.1\n",
        },
        folders: ["cache", "log", "run"],
      }),
    },
  },
};
