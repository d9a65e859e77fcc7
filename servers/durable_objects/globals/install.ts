// Installs the globals of Workers for the objects of all hosts, and takes them back with the last one.

import { WebSocketPair, WebSocketRequestResponsePair } from "../sockets/web_socket_pair.ts";
import { patchFetch } from "./fetch.ts";
import { Patches } from "./patches.ts";
import { patchResponse } from "./response.ts";
import { patchConsole, patchNavigator, patchUncaught } from "./speech.ts";
import { patchDate, patchPerformance } from "./time.ts";
import { patchTimers } from "./timers.ts";
import { patchAbortSignal, patchScheduler } from "./waits.ts";
import { patchWebSocket } from "./web_socket.ts";

function patchPairs(patches: Patches): void {
  const pair = new Proxy(WebSocketPair, {
    apply() {
      throw new TypeError(
        "Failed to construct 'WebSocketPair': Please use the 'new' operator, this object " +
          "constructor cannot be called as a function.",
      );
    },
  });
  patches.value(globalThis, "WebSocketPair", pair);
  patches.value(globalThis, "WebSocketRequestResponsePair", WebSocketRequestResponsePair);
}

const PARTS: readonly ((patches: Patches) => void)[] = [
  patchDate,
  patchPerformance,
  patchTimers,
  patchScheduler,
  patchAbortSignal,
  patchFetch,
  patchResponse,
  patchWebSocket,
  patchPairs,
  patchConsole,
  patchNavigator,
  patchUncaught,
];

const patches = new Patches();
let users = 0;

/**
 * Lets the globals act for the object whose code runs; outside of objects they do what they did. Can
 * be installed several times.
 *
 * @returns What takes it back, once each: when all have, every property is as it was before.
 */
export function installGlobals(): () => void {
  if (users++ === 0) { for (const patch of PARTS) patch(patches); }
  let released = false;
  return () => {
    if (released) return;
    released = true;
    if (--users === 0) patches.undo();
  };
}
