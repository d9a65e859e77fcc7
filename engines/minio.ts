// MinIO as an object store: one server with one drive, which is a folder.

import { type Reasoned, reasoned } from "./arguments.ts";
import type { ObjectStoreSettings } from "../lab/role.ts";
import type { Engine, Place } from "./engine.ts";
import { goBuild } from "./go_build.ts";

/** The last commit that there is; releases have no version that Go knows. */
const VERSION = "v0.0.0-20260212201848-7aac2a2c5b7c";
/** When it was made: its own build takes this for the version. */
const TIME = "2026-02-12T20:18:48Z";

function commandLine({ folder, port }: Place): readonly Reasoned[] {
  return [
    [["server", "--quiet"], "no banner"],
    [["--address", `127.0.0.1:${port}`], "where it listens (on ::1 too, which no setting changes)"],
    [
      ["--certs-dir", `${folder}/certs`],
      "certificates are looked for in the user's home otherwise",
    ],
    [["data"], "its one drive"],
  ];
}

function environment({ credentials, region }: ObjectStoreSettings, { folder }: Place) {
  return {
    MINIO_ROOT_USER: credentials.accessKeyId,
    MINIO_ROOT_PASSWORD: credentials.secretAccessKey,
    MINIO_SITE_REGION: region,
    // No second port, with a console on it.
    MINIO_BROWSER: "off",
    // Nobody is asked for newer versions, or told of this one.
    MINIO_UPDATE: "off",
    MINIO_CALLHOME_ENABLE: "off",
    // It may be on the drive that the system is on.
    MINIO_CI_CD: "1",
    HOME: folder,
    TMPDIR: folder,
  };
}

/** MinIO. */
export const minio: Engine = {
  name: "minio",
  title: "MinIO",
  program: "minio",
  variable: "EDGE_REPRO_MINIO",
  versionArgs: ["--version"],
  version: /minio version (?:[A-Z]+\.)?(\S+)/,
  install: "edge-repro engines install minio",
  build: goBuild({
    module: "github.com/minio/minio",
    version: VERSION,
    variables: {
      "github.com/minio/minio/cmd.Version": TIME,
      "github.com/minio/minio/cmd.ReleaseTag": `DEVELOPMENT.${TIME.replaceAll(":", "-")}`,
      "github.com/minio/minio/cmd.CommitID": VERSION.split("-").at(-1) ?? "",
      "github.com/minio/minio/cmd.CopyrightYear": TIME.slice(0, 4),
    },
    go: "1.24.0",
  }),
  broken: /^(panic|fatal error): |^FATAL\b|^ERROR Unable to/,
  plays: {
    "object-store": {
      constants: [],
      applies: ["credentials", "region"],
      lacks: {
        "figures": "its metrics count requests, and not those that wait (MinIO manual, Metrics)",
        "other-region": "a server answers for one region (MinIO manual, MINIO_SITE_REGION)",
      },
      remedies: [{
        name: "short-idle-timeout",
        what:
          "MINIO_IDLE_TIMEOUT, 30 s by default: it also ends a connection whose client has taken " +
          "nothing for so long, and with it the read lock that writers of the object wait for " +
          "(minio server, idle-timeout; minio/minio issue 16314)",
        cases: ["overwrite", "delete", "multipart-over", "delete-many"]
          .map((id) => `stale-read/${id}`),
        apply: (launch) => ({ ...launch, env: { ...launch.env, MINIO_IDLE_TIMEOUT: "500ms" } }),
      }],
      launch: (settings, place) => ({
        ...reasoned(commandLine(place)),
        folders: ["data", "certs"],
        env: environment(settings, place),
        // Until then it answers 503; its /minio/health/ready says 200 from the beginning.
        ready: "/minio/health/cluster",
      }),
    },
  },
};
