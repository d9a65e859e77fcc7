// Apache httpd as a caching reverse proxy with its cache lock on.

import { reasoned } from "./arguments.ts";
import type { ProxySettings } from "../lab/role.ts";
import type { Engine, Launch, Place } from "./engine.ts";
import { editing } from "./remedy.ts";

const HERD = "httpd 2.4 manual, mod_cache, Avoiding the Thundering Herd";

/** Where Debian keeps what is not built in. */
const MODULES = "/usr/lib/apache2/modules";
/** `authz_core` because without it every request is refused, though nothing here asks who is there. */
const NAMES = ["mpm_event", "authz_core", "proxy", "proxy_http", "cache", "cache_disk"];

/**
 * Whom it becomes when root starts it: it refuses to serve as root (manual, mod_unixd, User), and
 * below the folder it writes its locks and its cache. The number is `nobody` everywhere.
 */
const NOBODY = 65534;

function config(
  { originUrl, lockAgeTimeoutMs }: ProxySettings,
  { folder, port, asRoot }: Place,
): string {
  const modules = NAMES.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so\n`);
  const user = asRoot
    ? `# It refuses to serve as root.\nUser "#${NOBODY}"\nGroup "#${NOBODY}"\n`
    : "";
  return `# What a caching reverse proxy is made of, and no more; without authz_core all is refused.
${modules.join("")}${user}
# Everything that it writes goes below the folder; without a name it would ask for the machine's.
ServerRoot "${folder}"
PidFile "${folder}/httpd.pid"
DefaultRuntimeDir "${folder}"
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
# In memory that goes with the processes: a semaphore of the system would outlive a kill.
Mutex pthread
# What is wrong is printed.
ErrorLog /dev/stderr
LogLevel warn

# Everything is the origin's.
ProxyPass "/" "${originUrl.origin}/"
# An origin that hangs is not to be ended by this timeout, which is 60 s by default.
Timeout 3600

# Where answers are kept: the store that the Caching Guide describes for caching to disk.
CacheRoot "${folder}"
CacheEnable disk "/"
CacheDirLevels 2
CacheDirLength 1
# In bytes; larger than every answer of the scenario, and than the default of 1000000.
CacheMaxFileSize 1000000000

# One request at a time stores or refreshes a URL. Others do not wait for it: they pass on to the
# origin, or are served what has expired ...
CacheLock on
CacheLockPath "${folder}/lock"
# ... until the lock is so many seconds old, in whole ones: rounded up.
CacheLockMaxAge ${Math.ceil(lockAgeTimeoutMs / 1_000)}
`;
}

/** Apache httpd. */
export const httpd: Engine = {
  name: "httpd",
  title: "Apache httpd",
  program: "apache2",
  variable: "EDGE_REPRO_HTTPD",
  versionArgs: ["-v"],
  version: /Apache\/(\S+)/,
  install: "apt-get install apache2-bin",
  broken: /\[[a-z_]*:(emerg|alert|crit)\]/,
  plays: {
    "caching-proxy": {
      constants: [],
      applies: [],
      lacks: {
        collapsing: "the lock only keeps others from storing the same answer: on the first fetch " +
          `it does not hold back the herd (${HERD}, Initial caching of an entry)`,
        "revalidation-collapsing":
          "the request that finds the answer expired goes to the origin, " +
          `and all others do not wait for it: they are served what has expired (${HERD})`,
        "stale-while-revalidate": "the directive is not looked at: the request that finds the " +
          `answer expired waits, all others are served what has expired (${HERD})`,
        "streaming-fill": `an answer is served from the cache once it is stored (${HERD})`,
        figures: "mod_status shows what each worker does, and not that it waits for another",
        "lock-wait-timeout": `nobody waits for the lock (${HERD})`,
        "lock-age-timeout": "nobody waits for the lock: CacheLockMaxAge says when one that was " +
          `left behind is ignored (${HERD})`,
        "waiting-limit": `nobody waits for the lock (${HERD})`,
      },
      remedies: [{
        name: "no-cache-lock",
        what: "CacheLock off, as by default: what has expired then waits for its revalidation, " +
          `one by each request (${HERD})`,
        cases: ["cache-lock/expired", "cache-lock/revalidate"],
        apply: editing("httpd.conf", "CacheLock on", "CacheLock off"),
      }],
      launch: (settings, place): Launch => ({
        ...reasoned([
          [["-d", place.folder], "relative paths are below the folder"],
          [["-f", `${place.folder}/httpd.conf`], "its configuration"],
          [["-D", "FOREGROUND"], "no daemon"],
        ]),
        files: { "httpd.conf": config(settings, place) },
        // It looks for a folder for temporary files by making some, in /tmp by default.
        env: { TMPDIR: place.folder },
        ...(place.asRoot && { owner: NOBODY }),
      }),
    },
  },
};
