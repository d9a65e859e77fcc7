// Versity S3 Gateway as an object store: files of a folder as objects, their metadata in its attributes.

import { type Reasoned, reasoned } from "./arguments.ts";
import type { ObjectStoreSettings } from "../lab/role.ts";
import type { Engine, Place } from "./engine.ts";
import { goBuild } from "./go_build.ts";

const VERSION = "v1.8.0";

function commandLine({ region }: ObjectStoreSettings, { port }: Place): readonly Reasoned[] {
  return [
    [["--port", `127.0.0.1:${port}`], "where it listens; other ports only when they are asked for"],
    [["--region", region], "what requests must be signed for"],
    [["--quiet"], "a line of each request would have its URL"],
    [
      ["posix", "data"],
      "objects are files below the folder, whose file system must have attributes",
    ],
  ];
}

/** Versity S3 Gateway. */
export const versitygw: Engine = {
  name: "versitygw",
  title: "Versity S3 Gateway",
  program: "versitygw",
  variable: "EDGE_REPRO_VERSITYGW",
  versionArgs: ["--version"],
  version: /Version\s*: v?(\S+)/,
  install: "edge-repro engines install versitygw",
  build: goBuild({
    module: "github.com/versity/versitygw",
    version: VERSION,
    package: "cmd/versitygw",
    variables: { "main.Version": VERSION },
    go: "1.25.0",
  }),
  // What its handlers panic with they answer and log; a fault of its own listener ends it.
  broken: /^(panic|fatal error): |\bPANIC\b/,
  plays: {
    "object-store": {
      constants: [],
      applies: ["credentials", "region"],
      lacks: {
        "figures": "metrics are only sent, to a StatsD server (versitygw --help, metrics)",
        "other-region": "one gateway answers for one region (versitygw --help, --region)",
      },
      launch: (settings, place) => ({
        ...reasoned(commandLine(settings, place)),
        folders: ["data"],
        env: {
          ROOT_ACCESS_KEY_ID: settings.credentials.accessKeyId,
          ROOT_SECRET_ACCESS_KEY: settings.credentials.secretAccessKey,
          // What it cannot write as an unnamed file of the folder it would put there.
          TMPDIR: place.folder,
        },
      }),
    },
  },
};
