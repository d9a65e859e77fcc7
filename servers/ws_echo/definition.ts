// The echo server as `serve` offers it.

import { z } from "zod";
import { UsageError } from "../../lab/errors.ts";
import { choiceParam, durationParam, textParam } from "../../lab/params.ts";
import type { ServerDefinition } from "../definition.ts";
import { createWsEcho } from "./ws_echo.ts";

const params = z.object({
  variant: choiceParam({
    flag: "variant",
    description:
      "Whether what an object sends after it accepted a socket is lost (bug) or not (fix)",
    choices: ["bug", "fix"],
    default: "bug",
  }),
  hibernateAfterMs: durationParam({
    flag: "hibernate-after",
    description: "How long an object is idle before it is evicted from memory",
    defaultMs: 30_000,
    bareUnit: "s",
    minMs: 1,
  }),
  heartbeatTimeoutMs: durationParam({
    flag: "heartbeat-timeout",
    description: "How long a client may send no heartbeat before it is closed",
    defaultMs: 60_000,
    bareUnit: "s",
    minMs: 1,
  }),
  cleanupIntervalMs: durationParam({
    flag: "cleanup-interval",
    description: "How often the alarm looks for such clients",
    defaultMs: 60_000,
    bareUnit: "s",
    minMs: 1,
  }),
  folder: textParam({
    flag: "folder",
    description: "The folder that objects keep their storage in; without it they keep it in memory",
    expected: "a folder's path",
    placeholder: "DIR",
    pattern: /^[^\0]*$/,
  }),
});

/** The echo server. */
export const wsEchoDefinition: ServerDefinition = {
  name: "ws-echo",
  summary: "A Durable Object host with a WebSocket object whose answers are lost, or are not",
  port: 8787,
  params,
  wiring: {},
  connectionControl: false,
  standIn: {
    role: "websocket-server",
    always: [],
    part(given) {
      const { heartbeatTimeoutMs, cleanupIntervalMs, hibernateAfterMs } = params.parse(given);
      return {
        role: "websocket-server",
        settings: { heartbeatTimeoutMs, cleanupIntervalMs, hibernateAfterMs },
      };
    },
  },
  async create(given, { clock, notice }) {
    const { folder, ...options } = params.parse(given);
    if (folder !== "") checkAccess(folder);
    return await createWsEcho({
      ...options,
      clock,
      ...(folder !== "" && { folder }),
      ...(notice && { onLog: notice }),
    });
  },
};

/** SQLite opens files by itself: a permission that is missing would be said in its words, or late. */
function checkAccess(folder: string): void {
  const names = ["read", "write"] as const;
  const missing = names.filter((name) =>
    Deno.permissions.querySync({ name, path: folder }).state !== "granted"
  );
  if (missing.length === 0) return;
  const flags = missing.map((name) => `--allow-${name}=${folder}`).join(" ");
  throw new UsageError(
    `Missing permission: ${missing.join(" and ")} access to '${folder}' for --folder; run with ` +
      `${flags}, or as deno task start`,
  );
}
