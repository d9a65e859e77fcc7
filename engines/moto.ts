// moto's server as an object store: AWS's S3 imitated in Python for tests, its objects in memory.

import { createHash } from "node:crypto";
import { type Reasoned, reasoned } from "./arguments.ts";
import type { Engine, Place } from "./engine.ts";
import build from "./moto/build.py" with { type: "text" };
import launcher from "./moto/moto-server" with { type: "text" };
import requirements from "./moto/requirements.txt" with { type: "text" };
import start from "./moto/start.py" with { type: "text" };

/** What the build needs, by its path. */
const SOURCES: Readonly<Record<string, string>> = {
  "build.py": build,
  "moto-server": launcher,
  "requirements.txt": requirements,
  "start.py": start,
};

/** What was made of other packages has another name, so that it is never mistaken. */
const digest = createHash("sha256").update(JSON.stringify(SOURCES)).digest("hex").slice(0, 8);

function commandLine({ port }: Place): readonly Reasoned[] {
  return [[["--host", "127.0.0.1", "--port", String(port)], "where it listens"]];
}

/** moto. */
export const moto: Engine = {
  name: "moto",
  title: "moto",
  program: `edge-repro-moto-${digest}`,
  variable: "EDGE_REPRO_MOTO",
  versionArgs: ["--version"],
  version: /^moto (\S+)/m,
  install: "edge-repro engines install moto",
  build: {
    tool: "python3",
    toolFrom: "Python 3.10 or later with venv (apt-get install python3-venv)",
    args: ["build.py"],
    files: SOURCES,
    output: "moto",
    start: "moto-server",
  },
  // It prints each error of a handler, with the way to it.
  broken: /^(MemoryError|SystemError|OSError)\b|Address already in use/,
  plays: {
    "object-store": {
      constants: [],
      // It looks at no signature, and takes the region from what a request is signed for.
      applies: [],
      lacks: {
        "figures": "its own API resets and seeds, and counts nothing (moto manual, Server Mode)",
        "other-region": "every region is answered alike, and has the data of all (moto manual, S3)",
      },
      launch: (_settings, place) => ({
        ...reasoned(commandLine(place)),
        env: {
          // Objects of over 16 MiB are unnamed files of the temporary folder.
          TMPDIR: place.folder,
        },
      }),
    },
  },
};
