// How whoever runs the STS makes it fail, recover, and take new keys, by HTTP.

import type { Hono } from "hono";
import { FAULTS, type Faults, SURFACES } from "./faults.ts";

/**
 * Adds `GET` and `PUT /_edge-repro/faults?surface=S&fault=F`, and `PUT /_edge-repro/keys?keep=true`.
 * What changes something is a PUT: a page of another site cannot have a browser send one.
 */
export function addControlRoutes(
  app: Hono,
  faults: Faults,
  keys: { rotateKeys(keepOld: boolean): Promise<string[]> },
): void {
  const told = () => Response.json(faults.all(), { headers: { "cache-control": "no-store" } });
  app.get("/_edge-repro/faults", told);
  app.put("/_edge-repro/faults", (context) => {
    const surface = SURFACES.find((name) => name === context.req.query("surface"));
    const fault = FAULTS.find((name) => name === context.req.query("fault"));
    if (surface === undefined || fault === undefined) {
      return refusal(
        `Cannot set a fault: expected surface=${SURFACES.join("|")} and fault=${FAULTS.join("|")}`,
      );
    }
    faults.set(surface, fault);
    return told();
  });
  app.put("/_edge-repro/keys", async (context) => {
    const keep = context.req.query("keep") ?? "true";
    if (keep !== "true" && keep !== "false") {
      return refusal("Cannot take new keys: expected keep=true or keep=false");
    }
    return Response.json({ keys: await keys.rotateKeys(keep === "true") });
  });
}

function refusal(message: string): Response {
  return new Response(`${message}\n`, { status: 400 });
}
