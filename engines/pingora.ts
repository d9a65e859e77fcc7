// Pingora as the published crates give it: a small proxy of our own around its cache and cache lock.

import { createHash } from "node:crypto";
import { reasoned } from "./arguments.ts";
import type { Engine } from "./engine.ts";
import manifest from "./pingora/Cargo.toml" with { type: "text" };
import figures from "./pingora/src/figures.rs" with { type: "text" };
import flags from "./pingora/src/flags.rs" with { type: "text" };
import main from "./pingora/src/main.rs" with { type: "text" };
import proxy from "./pingora/src/proxy.rs" with { type: "text" };

/** The sources, by their path in the crate. */
const SOURCES: Readonly<Record<string, string>> = {
  "Cargo.toml": manifest,
  "src/figures.rs": figures,
  "src/flags.rs": flags,
  "src/main.rs": main,
  "src/proxy.rs": proxy,
};

/** What the crate builds. */
const BINARY = "edge-repro-pingora";

/** A program that was built from other sources has another name, so that it is never mistaken. */
const digest = createHash("sha256").update(JSON.stringify(SOURCES)).digest("hex").slice(0, 8);

/** Pingora. */
export const pingora: Engine = {
  name: "pingora",
  title: "Pingora",
  program: `${BINARY}-${digest}`,
  variable: "EDGE_REPRO_PINGORA",
  versionArgs: ["--version"],
  version: /\(pingora ([^)]+)\)/,
  install: "edge-repro engines install pingora",
  build: {
    tool: "cargo",
    toolFrom: "Rust 1.85 or later (https://rustup.rs) with a C compiler and cmake",
    args: ["build", "--release"],
    files: SOURCES,
    output: `target/release/${BINARY}`,
  },
  // It logs each client that leaves and each origin that fails as an error.
  broken: /panicked at/,
  plays: {
    "caching-proxy": {
      constants: [{ ms: 20, what: "its timers are rounded up to ticks of 10 ms" }],
      applies: ["lockWaitTimeoutMs", "lockAgeTimeoutMs"],
      lacks: {
        "waiting-limit": "no setting limits how many requests are at work (pingora-proxy 0.8)",
      },
      statsPath: "/_edge-repro/stats",
      launch: ({ originUrl, lockWaitTimeoutMs, lockAgeTimeoutMs }, { port }) => ({
        ...reasoned([
          [["--port", String(port), "--origin", originUrl.origin], "where it listens and fetches"],
          [
            ["--lock-wait-timeout", `${Math.ceil(lockWaitTimeoutMs)}ms`],
            "the wait timeout of each request (CacheOptionOverrides)",
          ],
          [
            ["--lock-age-timeout", `${Math.ceil(lockAgeTimeoutMs)}ms`],
            "the age timeout of the cache lock (CacheLock::new)",
          ],
        ]),
      }),
    },
  },
};
