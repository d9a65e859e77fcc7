// Installs what an isolate's requests need of the globals, and takes it back with the last isolate.

import { installGlobals } from "../../durable_objects/globals/install.ts";
import { Patches } from "../../durable_objects/globals/patches.ts";
import { currentRequest } from "../request_context.ts";
import { hearRequestEnds } from "../task_queue.ts";
import { patchBodies } from "./bodies.ts";
import { patchCompression } from "./compression.ts";
import { patchOwnFetch } from "./fetch.ts";
import { patchPromises } from "./promises.ts";
import { patchStreams } from "./streams.ts";
import { patchOwnTimers } from "./timers.ts";

const PARTS: readonly ((patches: Patches) => void)[] = [
  patchBodies,
  patchStreams,
  patchCompression,
  patchOwnTimers,
  patchOwnFetch,
  patchPromises,
];

hearRequestEnds((callback) => {
  const request = currentRequest();
  if (request?.alive) return request.onEnd(callback);
  if (request !== undefined) callback();
  return () => {};
});

const patches = new Patches();
let users = 0;

/**
 * Lets the globals act for the request whose code runs; outside of requests they do what they did.
 * Beneath are the globals of Durable Objects, which attribute timers and fetches. Can be installed
 * several times.
 *
 * @returns What takes it back, once each.
 */
export function installIsolateGlobals(): () => void {
  const release = installGlobals();
  if (users++ === 0) { for (const patch of PARTS) patch(patches); }
  let released = false;
  return () => {
    if (released) return;
    released = true;
    if (--users === 0) patches.undo();
    release();
  };
}
