// The two runtimes that run the same Worker: our host, and workerd as it is installed.

import { realClock } from "../../lab/clock.ts";
import { ownAsync } from "../../lab/scope.ts";
import type { Launch, Place } from "../../engines/engine.ts";
import type { Found } from "../../engines/find.ts";
import { startEngine } from "../../engines/start.ts";
import { workerd } from "../../engines/workerd.ts";
import { createDurableObjectHost, type WorkerModule } from "../../servers/durable_objects/host.ts";
import { listen } from "../../servers/listen.ts";
import * as worker from "./worker.ts";

/** One of the two, running. */
export interface Side {
  /** What it is called. */
  name: "host" | "workerd";
  /** Where its Worker answers. */
  url: URL;
}

/** After how long an idle object is evicted: workerd's own time, given to the host. */
export const EVICTION_MS = 10_000;

/** The bindings, and their classes. */
const OBJECTS = { LAB: "Lab", BARE: "Bare", MUTE: "Mute", OLD: "Old", BROKEN: "Broken" } as const;

/** The Worker's files, its main module first. */
const MODULES = [
  "worker.ts",
  "lab.ts",
  "bench.ts",
  "outcome.ts",
  "scripts.ts",
  "sleep_scripts.ts",
  "socket_scripts.ts",
  "alarm_scripts.ts",
  "socket_rows.ts",
  "storage_rows.ts",
  "sql_rows.ts",
  "runtime_rows.ts",
  "stub_rows.ts",
] as const;

/** Starts our host with the Worker, in a folder of its own. It ends with the scope. */
export async function startHost(scope: AsyncDisposableStack, origin: string): Promise<Side> {
  const folder = await Deno.makeTempDir({ prefix: "edge-repro-fidelity-" });
  scope.defer(() => Deno.remove(folder, { recursive: true }));
  const host = await createDurableObjectHost({
    worker: worker as unknown as WorkerModule,
    objects: OBJECTS,
    vars: { ORIGIN: origin },
    hibernateAfterMs: EVICTION_MS,
    folder,
  });
  scope.defer(() => host.close());
  const listening = await listen(host);
  await ownAsync(scope, listening);
  return { name: "host", url: new URL(listening.url) };
}

/** Starts workerd with the Worker. It ends with the scope. */
export async function startWorkerd(
  scope: AsyncDisposableStack,
  origin: string,
  found: Found,
): Promise<Side> {
  const files: Record<string, string> = {};
  for (const name of MODULES) {
    files[name] = await Deno.readTextFile(new URL(name, import.meta.url));
  }
  const { url } = await startEngine(workerd, found, {
    launch: (place) => launch(place, files, origin),
    clock: realClock,
    scope,
    signal: new AbortController().signal,
  });
  return { name: "workerd", url };
}

function launch(place: Place, files: Record<string, string>, origin: string): Launch {
  return {
    args: ["serve", "--experimental", "config.capnp"],
    folders: ["objects"],
    files: { ...files, "config.capnp": configuration(place.port, origin) },
    env: { TMPDIR: place.folder },
  };
}

function configuration(port: number, origin: string): string {
  const modules = MODULES.map((name) => `(name = "${name}", esModule = embed "${name}")`);
  const namespaces = Object.values(OBJECTS).map((name) =>
    `(className = "${name}", uniqueKey = "${name}", enableSql = true)`
  );
  const bindings = Object.entries(OBJECTS).map(([binding, name]) =>
    `(name = "${binding}", durableObjectNamespace = "${name}")`
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "lab", worker = .lab),
    (name = "objects", disk = (path = "objects", writable = true)),
    # The server of the test, which objects ask.
    (name = "internet", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "lab")],
);
const lab :Workerd.Worker = (
  modules = [${modules.join(", ")}],
  compatibilityDate = "2026-11-17",
  compatibilityFlags = ["typescript_strip_types"],
  bindings = [${bindings.join(", ")}, (name = "ORIGIN", text = "${origin}")],
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = (localDisk = "objects"),
);
`;
}
