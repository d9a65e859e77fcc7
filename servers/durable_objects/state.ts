// `ctx`: what an object's code sees of its own host.

import type {
  AutoResponsePair,
  DurableObjectId,
  DurableObjectState,
  WorkersWebSocket,
} from "./api.ts";
import type { Incarnation } from "./incarnation.ts";
import { placeOf } from "./place.ts";
import type { HibernatableSockets } from "./sockets/hibernatable_sockets.ts";
import type { DurableObjectStorage } from "./storage/api.ts";

/** The longest time that a socket's handler can be given, in milliseconds: seven days (workerd 1.20261117.1). */
const LONGEST_EVENT_TIMEOUT_MS = 604_800_000;

/** What `ctx` is made of. */
export interface StateParts {
  /** The object's id. */
  id: DurableObjectId;
  /** The incarnation that it is given to. */
  incarnation: Incarnation;
  /** The object's sockets. */
  sockets: HibernatableSockets;
  /** Opens the object's storage; asked once, on first use. */
  openStorage(): DurableObjectStorage;
  /** How long a socket's handler may run; it outlives the incarnation. */
  eventTimeout: { ms: number | null };
  /** How long `blockConcurrencyWhile()` may take, in milliseconds. */
  concurrencyTimeoutMs: number;
  /** Ends the incarnation with an error. */
  reset(reason: unknown): void;
}

/** Its class's name in the runtime, by which it is also known as what cannot be cloned. */
const PROTOTYPE = { [Symbol.toStringTag]: "DurableObjectState" };

/** Makes `ctx` for one incarnation. */
export function createState(parts: StateParts): DurableObjectState {
  const { incarnation, sockets } = parts;
  let storage: DurableObjectStorage | undefined;
  const state: DurableObjectState = {
    id: parts.id,
    exports: {},
    props: {},
    get storage() {
      return storage ??= parts.openStorage();
    },
    waitUntil(promise) {
      const place = placeOf();
      const activity = incarnation.activities.begin("waitUntil", place ? { place } : {});
      Promise.resolve(promise)
        .catch((error) => incarnation.alive && incarnation.log("error", [error]))
        .finally(() => activity.end());
    },
    blockConcurrencyWhile: (callback) => blockConcurrency(parts, callback),
    acceptWebSocket: (ws: WorkersWebSocket, tags?: string[]) => sockets.accept(ws, tags),
    getWebSockets: (tag?: string) => sockets.list(tag),
    getTags: (ws) => sockets.tagsOf(ws),
    setWebSocketAutoResponse: (pair?: AutoResponsePair) => sockets.setAutoResponse(pair),
    getWebSocketAutoResponse: () => sockets.autoResponse,
    getWebSocketAutoResponseTimestamp: (ws) => sockets.autoResponseTimestamp(ws),
    setHibernatableWebSocketEventTimeout(timeoutMs = 0) {
      parts.eventTimeout.ms = eventTimeout(timeoutMs);
    },
    getHibernatableWebSocketEventTimeout: () => parts.eventTimeout.ms,
    abort(reason) {
      const error = new Error(reason ?? "Application called abort() to reset Durable Object.");
      parts.reset(error);
      // What comes after it in the object's code is not to run.
      throw error;
    },
  };
  return Object.setPrototypeOf(state, PROTOTYPE);
}

function eventTimeout(timeoutMs: number): number | null {
  const whole = Math.trunc(Number(timeoutMs));
  if (Number.isNaN(whole)) {
    throw new TypeError("The value cannot be converted because it is not an integer.");
  }
  if (whole < 0) {
    throw new TypeError(
      "The value cannot be converted because it is negative and this API expects a positive number.",
    );
  }
  if (whole > LONGEST_EVENT_TIMEOUT_MS) {
    throw new Error(`Event timeout should not exceed ${LONGEST_EVENT_TIMEOUT_MS} ms.`);
  }
  return whole === 0 ? null : whole;
}

async function blockConcurrency<T>(
  { incarnation, concurrencyTimeoutMs, reset }: StateParts,
  callback: () => Promise<T>,
): Promise<T> {
  if (typeof callback !== "function") {
    throw new TypeError(
      "Failed to execute 'blockConcurrencyWhile' on 'DurableObjectState': " +
        "parameter 1 is not of type 'function'.",
    );
  }
  const activity = incarnation.activities.begin("construction");
  let cancel = () => {};
  try {
    return await incarnation.lock(() => {
      cancel = incarnation.clock.setTimeout(() => {
        reset(
          new Error(
            "A call to blockConcurrencyWhile() in a Durable Object waited for too long. The call " +
              "was canceled and the Durable Object was reset.",
          ),
        );
      }, concurrencyTimeoutMs);
      return callback();
    });
  } catch (error) {
    // A callback that fails leaves the object in a state that nobody can vouch for.
    reset(error);
    throw error;
  } finally {
    cancel();
    activity.end();
  }
}
