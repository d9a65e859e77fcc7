// The slow origin's log over HTTP: read it, wait for more of it, forget it.

import type { Env, Hono } from "hono";
import { ORIGIN_LOG_PATH } from "../../lab/origin_log.ts";
import type { RequestLog } from "./log.ts";
import { quoted, Refusal } from "./refusal.ts";

const LONGEST_WAIT_S = 60;

function numberOf(query: URLSearchParams, name: string, pattern: RegExp, most: number): number {
  const text = query.get(name) ?? "0";
  const value = pattern.test(text) ? Number(text) : NaN;
  if (value <= most) return value;
  throw new Refusal(
    400,
    `Cannot use ${name}: received ${quoted(text)}, expected a number up to ${most}`,
  );
}

function pathOf(query: URLSearchParams): string | undefined {
  const path = query.get("path");
  if (path === null || path.startsWith("/")) return path ?? undefined;
  throw new Refusal(400, `Cannot use path: received ${quoted(path)}, expected a pathname like /x`);
}

/**
 * Adds the log to `app`:
 *
 * - `GET ?path=/x&min=N&done=M&wait=SECONDS` answers as soon as N requests for that pathname have
 *   arrived and M are over, or after `wait` seconds (at most 60, of the origin's clock) with what
 *   there is; without `path` it answers how many requests each path has had;
 * - `DELETE ?path=/x` forgets that path, without `path` all of them.
 *
 * @param closing Aborts when the origin closes: waits end.
 */
export function addLogRoutes<E extends Env>(
  app: Hono<E>,
  log: RequestLog,
  closing: AbortSignal,
): void {
  const headers = { "cache-control": "no-store" };
  const read = async (request: Request): Promise<Response> => {
    const query = new URL(request.url).searchParams;
    const path = pathOf(query);
    if (path === undefined) return Response.json(log.paths(), { headers });
    const min = numberOf(query, "min", /^\d+$/, Number.MAX_SAFE_INTEGER);
    const done = numberOf(query, "done", /^\d+$/, Number.MAX_SAFE_INTEGER);
    const waitS = numberOf(query, "wait", /^(\d+\.?\d*|\.\d+)$/, LONGEST_WAIT_S);
    const signal = AbortSignal.any([request.signal, closing]);
    await log.waitFor(path, { min, done }, waitS * 1_000, signal);
    return Response.json(log.read(path), { headers });
  };
  const forget = (request: Request): Response => {
    log.forget(pathOf(new URL(request.url).searchParams));
    return new Response(null, { status: 204, headers });
  };
  app.all(ORIGIN_LOG_PATH, async (context) => {
    const request = context.req.raw;
    try {
      if (request.method === "GET") return await read(request);
      if (request.method === "DELETE") return forget(request);
      const allow = "GET, DELETE";
      throw new Refusal(405, `Cannot ${request.method}: expected one of ${allow}`, { allow });
    } catch (error) {
      if (error instanceof Refusal) return error.toResponse();
      throw error;
    }
  });
}
