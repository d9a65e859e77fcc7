// Squid as a caching reverse proxy (an accelerator) with collapsed forwarding on.

import { reasoned } from "./arguments.ts";
import type { ProxySettings } from "../lab/role.ts";
import type { Engine, Launch, Place } from "./engine.ts";
import { editing } from "./remedy.ts";

const MANUAL = "squid.conf.documented, 5.7";

function config({ originUrl, maxWaiting }: ProxySettings, { port, asRoot }: Place): string {
  // Squid refuses to stay root. The account it changes to needs nothing of the folder: the
  // configuration is read before, and nothing is written.
  const user = asRoot ? "cache_effective_user nobody\n" : "";
  const originPort = originUrl.port || "80";
  // It limits connections, not requests, and those of each address.
  const limit = maxWaiting === 0 ? "" : `
# Who comes while there are more connections than this is refused with 403.
acl crowd maxconn ${maxWaiting}
http_access deny crowd
`;
  return `${user}# The first request for a URL goes to the origin, the others wait for its answer.
collapsed_forwarding on

# A reverse proxy for one site. By its port alone: the Host field of a request does not matter.
http_port 127.0.0.1:${port} accel defaultsite=${originUrl.host} no-vhost
# The site itself, which is not to be asked what it has as another Squid would be (ICP, digests, netdb).
cache_peer ${originUrl.hostname} parent ${originPort} 0 no-query no-digest no-netdb-exchange originserver name=origin
# Everything goes to that origin, and nothing is looked up in the DNS.
never_direct allow all
${limit}http_access allow all

# Answers are kept in memory, as there is no cache_dir; larger ones than 512 KB only with this.
maximum_object_size_in_memory 32 MB
# By default an answer of up to 60 s that cannot be revalidated is not kept.
minimum_expiry_time 0 seconds
# By default URLs with a query and no explicit lifetime are not kept; the origin states one.
refresh_pattern . 0 20% 4320

# An origin that hangs or stalls is to be ended by the scenario, not by a default (15 minutes) ...
read_timeout 1 hour
# ... nor the search for another way to it (4 minutes) ...
forward_timeout 1 hour
# ... nor a client that does not read (15 minutes) ...
write_timeout 1 hour
# ... nor a connection that is opened early or kept (5 and 2 minutes).
request_start_timeout 1 hour
client_idle_pconn_timeout 1 hour

# Stops at once: by default it waits 30 s for its clients.
shutdown_lifetime 0 seconds

# Nothing is written and nothing else is started or listened on.
pid_filename none
access_log none
cache_log /dev/null
coredump_dir none
netdb_filename none
pinger_enable off
# The socket for DNS questions is not to be bound to all addresses.
udp_incoming_address 127.0.0.1
# Otherwise the machine must have a name that can be resolved.
visible_hostname edge-repro
`;
}

/** Squid. */
export const squid: Engine = {
  name: "squid",
  title: "Squid",
  program: "squid",
  variable: "EDGE_REPRO_SQUID",
  versionArgs: ["-v"],
  version: /Version (\S+)/,
  install: "apt-get install squid",
  // The first is said when the port is taken, before a FATAL that does not say why.
  broken: /\bcommBind Cannot bind|\bFATAL: /,
  plays: {
    "caching-proxy": {
      constants: [],
      applies: ["maxWaiting"],
      lacks: {
        "lock-wait-timeout": `collapsed_forwarding has no timeout (${MANUAL})`,
        "lock-age-timeout": `collapsed_forwarding has no timeout (${MANUAL})`,
        figures: `the cache manager counts requests, not those that wait (${MANUAL})`,
        "stale-while-revalidate":
          `refresh_stale_hit, which did this in Squid-2, is not yet supported (${MANUAL})`,
        http2: `http_port has no mode for HTTP/2 (${MANUAL})`,
      },
      remedies: [{
        name: "read-ahead-gap",
        what: "read_ahead_gap, 16 KB by default, larger than the bodies: that is how far a fetch " +
          `may be ahead of the slowest of its readers (${MANUAL})`,
        cases: ["cache-lock/slow-reader"],
        apply: editing("squid.conf", "access_log none", "access_log none\nread_ahead_gap 32 MB"),
      }],
      launch: (settings, place): Launch => {
        const service = `edgerepro${place.port}`;
        return {
          ...reasoned([
            [["-N"], "no daemon and no second process"],
            [["-d", "1"], "what is important is printed"],
            [["-n", service], "names its shared memory: of its default name there may be a Squid"],
            [["-f", `${place.folder}/squid.conf`], "its configuration"],
          ]),
          files: { "squid.conf": config(settings, place) },
          // Left behind when it could not start, or was killed.
          outside: ["metadata", "queues", "readers"].map((part) =>
            `/dev/shm/${service}-cf__${part}.shm`
          ),
        };
      },
    },
  },
};
