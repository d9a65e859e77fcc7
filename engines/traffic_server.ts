// Apache Traffic Server as a caching reverse proxy whose readers wait for, and share, one fetch.

import type { ProxySettings } from "../lab/role.ts";
import type { Engine, Launch, Place } from "./engine.ts";

const RECORDS = "Traffic Server 9.2 manual, records.config";
const HERD = "Traffic Server 9.2 manual, Cache Basics, Reducing Origin Server Requests";

/** How often a waiting request asks the cache again, in milliseconds: the setting's default. */
const RETRY_MS = 10;

/** Half-closed clients are served by default; one that has closed for good looks the same. */
const HALF_OPEN =
  `proxy.config.http.allow_half_open 0: a client that sends FIN is let go at once, ` +
  `also one that would have read on, and a fetch ends with the client that began it (${RECORDS})`;

const NO_RETRIES = "the defaults, max_open_read_retries -1 and " +
  "open_write_fail_action 0, for URLs that are never cached, by conf_remap in " +
  `remap.config: the manual calls retries inappropriate for them (${HERD})`;

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
  return own.map((name) => `${name}: ${folder}\n`).join("") +
    `sysconfdir: ${folder}/config
datadir: ${folder}/cache
cachedir: ${folder}/cache
localstatedir: ${folder}/run
runtimedir: ${folder}/run
logdir: ${folder}/log
`;
}

/** By itself it turns everybody away. */
const IP_ALLOW = `ip_allow:
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
      remedies: {
        "cache-lock/disconnect": HALF_OPEN,
        "cache-lock/close": HALF_OPEN,
        "cache-lock/reset": HALF_OPEN,
        "cache-lock/many": HALF_OPEN,
        "cache-lock/hang": HALF_OPEN,
        "cache-lock/exhaustion": HALF_OPEN,
        "cache-lock/keep-alive": HALF_OPEN,
        "cache-lock/expired": HALF_OPEN,
        "cache-lock/navigate": HALF_OPEN,
        "cache-lock/uncacheable": NO_RETRIES,
        "cache-lock/uncacheable-many": NO_RETRIES,
        "cache-lock/wait-timeout": "read_while_writer.max_retries 0, open_read_retry_time 50 and " +
          "max_open_read_retries of a hundredth of the wait in milliseconds: each retry includes " +
          `those of read-while-writer, and all are made twice, which the manual leaves out (${HERD})`,
      },
      launch: (settings, place): Launch => ({
        args: [`--run-root=${place.folder}/runroot.yaml`],
        files: {
          "runroot.yaml": runroot(place.folder),
          "config/records.config": records(settings, place),
          "config/remap.config": `map / ${settings.originUrl.origin}/\n`,
          "config/storage.config": `${place.folder}/cache 128M\n`,
          "config/ip_allow.yaml": IP_ALLOW,
          "config/resolv.conf": "nameserver 127.0.0.1\n",
        },
        folders: ["cache", "log", "run"],
      }),
    },
  },
};
