// A real product as an object store: found and configured as `engines/` has it, started by the benchmark.

import type { Engine } from "../../engines/engine.ts";
import { findEngine, type Found } from "../../engines/find.ts";
import { writeFiles } from "../../engines/folder.ts";
import { freePort } from "../../engines/free_port.ts";
import { launcherOf } from "../../engines/play.ts";
import { whenReady } from "../../engines/ready.ts";
import { realClock } from "../../lab/clock.ts";
import { messageOf } from "../../lab/errors.ts";
import { Child, ChildError } from "../process.ts";
import { whenListening } from "./peer.ts";
import { S3_SETTINGS, type S3Peer } from "./s3_peer.ts";

/** How long it may take until it says that it is ready. */
const READY_LIMIT_MS = 20_000;

/** An engine without its guard, which would stand between us and the process whose memory is read. */
export function s3Engine(engine: Engine, keeps: S3Peer["keeps"]): S3Peer {
  let finding: Promise<Found | undefined> | undefined;
  const find = () => finding ??= findEngine(engine);
  return {
    name: engine.title,
    keeps,
    version: async () => (await find())?.version,
    async start(folder) {
      const found = await find();
      const launch = launcherOf(engine, { role: "object-store", settings: S3_SETTINGS });
      if (found === undefined || launch === undefined) {
        throw new ChildError(
          `Cannot start ${engine.title}: it is not installed (${engine.install})`,
        );
      }
      const { program, asRoot } = found;
      const port = freePort();
      const { args, env = {}, files = {}, folders = [], ready } = launch({
        ...{ program, asRoot, folder, port },
      });
      for (const name of folders) await Deno.mkdir(`${folder}/${name}`, { recursive: true });
      await writeFiles(folder, files);
      const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
      // `env` makes way for the program, whose process id is then the child's.
      const child = new Child(engine.title, "env", ["-C", folder, ...variables, program, ...args]);
      const running = await whenListening(child, port);
      if (ready !== undefined) {
        const { signal } = new AbortController();
        const options = { port, path: ready, limitMs: READY_LIMIT_MS, clock: realClock, signal };
        await whenReady(options).catch((error) => {
          throw new ChildError(`${engine.title} ${messageOf(error)}`);
        });
      }
      return running;
    },
  };
}
