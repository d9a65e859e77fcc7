// What the echo object says, read loosely: servers may say more, and older ones say less.

import { z } from "zod";

const optional = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);

const messageSchema = z.looseObject({
  type: z.string(),
  instance: optional(z.string()),
  ageMs: optional(z.number()),
  timestamp: optional(z.union([z.number(), z.string()])),
});

/** One message of the server: what every one has, and whatever else it says. */
export interface Message {
  /** What kind of message it is: `welcome`, `pong`. */
  type: string;
  /** The id of the request that it answers, as it was sent; undefined where the server echoes none. */
  id?: unknown;
  /** A random id made when the object was constructed; another one means another construction. */
  instance?: string | undefined;
  /** How long ago the object was constructed, in milliseconds of its own time. */
  ageMs?: number | undefined;
  /** When it was sent, as the server has it. */
  timestamp?: number | string | undefined;
  /** Whatever else it says. */
  [field: string]: unknown;
}

/** Reads a message; undefined for bytes, for what is no JSON object, and for one without a type. */
export function parseMessage(data: string | Uint8Array): Message | undefined {
  if (typeof data !== "string") return undefined;
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch {
    return undefined;
  }
  const parsed = messageSchema.safeParse(json);
  return parsed.success ? parsed.data : undefined;
}

const welcomeSchema = z.looseObject({
  connection: z.looseObject({
    id: optional(z.string()),
    metadata: optional(z.unknown()),
    tag: optional(z.string()),
  }).catch({}),
  heartbeatTimeoutMs: optional(z.number()),
  cleanupIntervalMs: optional(z.number()),
  accepted: optional(z.string()),
  features: z.array(z.string()).catch([]),
});

/** What a server says of itself and of the connection, first of all and unasked. */
export interface Welcome {
  /** The connection as the server has it; empty where it does not say. */
  connection: {
    id?: string | undefined;
    metadata?: unknown;
    tag?: string | undefined;
    [field: string]: unknown;
  };
  /** How long a client may send no heartbeat, in milliseconds. */
  heartbeatTimeoutMs?: number | undefined;
  /** How often the server looks for that, in milliseconds. */
  cleanupIntervalMs?: number | undefined;
  /** How the server accepted the connection: `hibernation` or `plain`. */
  accepted?: string | undefined;
  /** What it understands beyond heartbeats, pings and messages; empty where it does not say. */
  features: readonly string[];
}

/** What a welcome says. */
export function readWelcome(message: Message): Welcome {
  return welcomeSchema.parse(message);
}
