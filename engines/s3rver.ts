// s3rver as an object store: S3 imitated in Node.js for tests, its objects files of a folder.

import { createHash } from "node:crypto";
import { type Reasoned, reasoned } from "./arguments.ts";
import type { Engine, Place } from "./engine.ts";
import manifest from "./s3rver/package.json" with { type: "text" };
import launcher from "./s3rver/s3rver-server" with { type: "text" };
import start from "./s3rver/start.cjs" with { type: "text" };

/** What the build needs, by its path. */
const SOURCES: Readonly<Record<string, string>> = {
  "package.json": manifest,
  "s3rver-server": launcher,
  "start.cjs": start,
};

/** The newest that its packages may be: they name ranges of versions, of which this leaves one. */
const BEFORE = "2026-11-01";

/** What was made of other packages has another name, so that it is never mistaken. */
const digest = createHash("sha256").update(JSON.stringify([SOURCES, BEFORE])).digest("hex")
  .slice(0, 8);

function commandLine({ port }: Place): readonly Reasoned[] {
  return [
    [["127.0.0.1", String(port)], "where it listens"],
    [["data"], "where its objects are"],
  ];
}

/** s3rver. */
export const s3rver: Engine = {
  name: "s3rver",
  title: "s3rver",
  program: `edge-repro-s3rver-${digest}`,
  variable: "EDGE_REPRO_S3RVER",
  versionArgs: ["--version"],
  version: /^s3rver (\S+)/m,
  install: "edge-repro engines install s3rver",
  build: {
    tool: "npm",
    toolFrom: "Node.js 18 or later with npm (https://nodejs.org)",
    args: [
      ...["install", `--before=${BEFORE}`, "--omit=dev", "--ignore-scripts"],
      ...["--no-audit", "--no-fund", "--no-update-notifier"],
    ],
    files: SOURCES,
    output: ".",
    start: "s3rver-server",
  },
  broken: /^(Error|RangeError|FATAL ERROR): |listen EADDRINUSE|address already in use/,
  plays: {
    "object-store": {
      constants: [],
      // It knows its key, and checks neither a signature of version 4 nor the region in it.
      applies: [],
      lacks: {
        "figures": "it counts nothing (s3rver --help)",
        "other-region": "every region is answered alike (s3rver --help)",
      },
      launch: ({ credentials }, place) => ({
        ...reasoned(commandLine(place)),
        folders: ["data"],
        env: {
          S3RVER_KEY: credentials.accessKeyId,
          S3RVER_SECRET: credentials.secretAccessKey,
          TMPDIR: place.folder,
        },
      }),
    },
  },
};
