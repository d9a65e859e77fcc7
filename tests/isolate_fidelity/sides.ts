// The two runtimes that the experiments are made on, behind one function: a request, and its answer.

import { realClock } from "../../lab/clock.ts";
import type { Found } from "../../engines/find.ts";
import { startEngine } from "../../engines/start.ts";
import { workerd } from "../../engines/workerd.ts";
import type { CrossRequest } from "../../servers/isolate/cross_request.ts";
import { CROSS_REQUEST } from "../../servers/isolate/cross_request.ts";
import { createIsolate } from "../../servers/isolate/isolate.ts";
import type { Measured } from "./record.ts";
import worker from "./worker.ts";

/** Sends one request. */
export type Ask = (path: string, init?: RequestInit) => Promise<Response>;

/** The modules of the Worker, below the root of this project. */
const MODULES = [
  "tests/isolate_fidelity/worker.ts",
  ...[
    ...["bursts", "bursts_leftover", "bursts_resumed", "bursts_shared", "meeting"],
    ...["touch", "touches", "touches_kept", "touches_piped"],
  ].map((name) => `tests/isolate_fidelity/${name}.ts`),
  "servers/isolate/task_queue.ts",
];
const ROOT = new URL("../../", import.meta.url);

/** The model, with the Worker in it. */
export function onModel(
  crossRequest: CrossRequest,
  origin: string,
  scope: AsyncDisposableStack,
): Ask {
  const isolate = createIsolate({
    handler: worker,
    env: { ORIGIN: origin },
    crossRequest,
    hungAfterMs: 50,
    log: () => {},
  });
  scope.defer(() => isolate.close());
  return (path, { body, ...init } = {}) => {
    // A stream of bytes, as that of a request that came on a connection.
    const stream = typeof body === "string" ? new Blob([body]).stream() : null;
    const url = new URL(path, "http://isolate.test");
    return isolate.fetch(new Request(url, { ...init, body: stream }));
  };
}

/** workerd, with the Worker in it, and the flag that belongs to the behaviour. */
export async function onWorkerd(
  crossRequest: Measured,
  origin: string,
  scope: AsyncDisposableStack,
  found: Found,
): Promise<Ask> {
  const texts = await Promise.all(
    MODULES.map((path) => Deno.readTextFile(new URL(path, ROOT))),
  );
  const flags = ["typescript_strip_types"];
  // The other one has been the default for long, and workerd says so when it is named.
  if (crossRequest === "resume-in-settler") flags.push(CROSS_REQUEST[crossRequest].flag);
  const { url } = await startEngine(workerd, found, {
    launch: ({ port, folder }) => ({
      args: ["serve", "--experimental", "config.capnp"],
      files: {
        ...Object.fromEntries(texts.map((text, index) => [`${index}.ts`, text])),
        "config.capnp": `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["local", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [
    ${
          MODULES.map((name, index) => `(name = "${name}", esModule = embed "${index}.ts"),`).join(
            "\n    ",
          )
        }
  ],
  compatibilityDate = "2026-11-17",
  compatibilityFlags = [${flags.map((flag) => `"${flag}"`).join(", ")}],
  bindings = [(name = "ORIGIN", text = "${origin}")],
);
`,
      },
      env: { TMPDIR: folder },
    }),
    clock: realClock,
    scope,
    signal: new AbortController().signal,
  });
  // On a connection that was kept, Deno would ask again when the answer is cut.
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  scope.defer(() => client.close());
  return (path, init) => fetch(new URL(path, url), { ...init, client });
}
