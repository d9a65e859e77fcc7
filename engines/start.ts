// Starts an engine for one run: folder, files, port, readiness; and says so when it breaks.

import type { Clock } from "../lab/clock.ts";
import { IncompleteError, messageOf } from "../lab/errors.ts";
import { ownAsync } from "../lab/scope.ts";
import type { Engine, Launch, Place } from "./engine.ts";
import type { Found } from "./find.ts";
import { freePort } from "./free_port.ts";
import { makeFolder, writeFiles } from "./folder.ts";
import { GuardedProcess } from "./process.ts";
import { whenReady } from "./ready.ts";

/** How long an engine may take until it accepts connections, in milliseconds. */
const READY_LIMIT_MS = 30_000;
/** Another process may take the port between our finding it free and the engine's binding it. */
const ATTEMPTS = 3;
/** How many lines of its log a message shows. */
const SHOWN_LINES = 3;
/** How long to wait for more lines after one that is an error, in milliseconds. */
const MORE_LINES_MS = 100;

/** What starting an engine takes. */
export interface StartOptions {
  /** What it is to be configured with, given where it runs. */
  launch: (place: Place) => Launch;
  /** The port to listen on; one that is free by default. */
  port?: number;
  /** The time of the wait. */
  clock: Clock;
  /** Takes the running engine. */
  scope: AsyncDisposableStack;
  /** Ends the wait. */
  signal: AbortSignal;
  /** Takes each line that it prints. */
  onLine?: (line: string) => void;
  /** How long it may take until it accepts connections, in milliseconds; 30 s when left out. */
  readyLimitMs?: number;
}

/** An engine that accepts connections. */
export interface Running {
  /** Where it listens. */
  url: URL;
  /** Rejects with an {@linkcode IncompleteError} when it ends, or says that it is broken. */
  broken: Promise<never>;
  /** The last lines that it has printed, oldest first. */
  log: readonly string[];
}

/**
 * Starts an engine and waits until it accepts connections. It ends with the scope.
 *
 * @throws {IncompleteError} with the end of its log, when it ends first or is never ready.
 */
export async function startEngine(
  engine: Engine,
  found: Found,
  options: StartOptions,
): Promise<Running> {
  for (let attempt = 1;; attempt++) {
    try {
      return await startOnce(engine, found, options);
    } catch (error) {
      const taken = error instanceof IncompleteError &&
        /address (already )?in use|could not bind|cannot bind/i.test(error.message);
      if (!taken || options.port !== undefined || attempt === ATTEMPTS) throw error;
    }
  }
}

async function startOnce(
  engine: Engine,
  found: Found,
  { launch, port: asked, clock, scope, signal, ...more }: StartOptions,
): Promise<Running> {
  const { onLine, readyLimitMs = READY_LIMIT_MS } = more;
  const port = asked ?? freePort();
  const folder = await makeFolder(engine.name);
  const plan = await prepare(
    { program: found.program, asRoot: found.asRoot, folder, port },
    launch,
  );
  const { env, args, outside } = plan;
  const child = new GuardedProcess(found.program, args, {
    folder,
    ...(env && { env }),
    ...(outside && { outside }),
  });
  await ownAsync(scope, child);
  if (onLine) child.onLine(onLine);

  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {}); // Whoever waits for nothing any more need not hear of it.
  const errors: string[] = [];
  child.onLine((line) => {
    if (errors.length > 0 || engine.broken.test(line)) errors.push(line);
    if (errors.length !== 1) return;
    // What is wrong is often said in the lines that follow.
    Promise.race([child.ended, clock.sleep(MORE_LINES_MS, { signal })]).catch(() => {}).then(() => {
      const said = errors.slice(0, SHOWN_LINES).join(" | ");
      failure.reject(new IncompleteError(`${engine.title} printed an error: ${said}`));
    });
  });
  child.ended.then(async (code) => {
    await child.drained();
    failure.reject(
      new IncompleteError(`${engine.title} ended with exit code ${code}: ${endOf(child.log)}`),
    );
  });
  // Who has ended listens no more: another may take its port.
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const waited = whenReady({
    port,
    ...(plan.ready !== undefined && { path: plan.ready }),
    limitMs: readyLimitMs,
    clock,
    signal: either,
  });
  const ready = waited.catch((error) => {
    throw error instanceof IncompleteError
      ? new IncompleteError(`${engine.title} ${error.message}: ${endOf(child.log)}`)
      : error;
  });
  try {
    await Promise.race([ready, failure.promise]);
  } finally {
    over.abort();
  }
  const { log } = child;
  return { url: new URL(`http://127.0.0.1:${port}`), broken: failure.promise, log };
}

/** Asks for the configuration and writes it down; when that fails, the folder goes. */
async function prepare(
  place: Place,
  launch: (place: Place) => Launch,
): Promise<Launch> {
  const { folder } = place;
  try {
    const plan = launch(place);
    const { files = {}, folders = [], owner } = plan;
    for (const name of folders) await Deno.mkdir(`${folder}/${name}`, { recursive: true });
    await writeFiles(folder, files);
    if (owner !== undefined) await Deno.chown(folder, owner, owner);
    return plan;
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
}

function endOf(log: readonly string[]): string {
  return messageOf(log.slice(-SHOWN_LINES).join(" | ")) || "it printed nothing";
}
