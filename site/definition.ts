// The site as `serve` offers it, with links to the servers that are started beside it.

import { z } from "zod";
import config from "../deno.json" with { type: "json" };
import { textParam } from "../lab/params.ts";
import { scenarios } from "../scenarios/scenarios.ts";
import type { ServerDefinition } from "../servers/definition.ts";
import { savedResult } from "./saved_result.ts";
import { createSite } from "./site.ts";

/**
 * Defines the site among the servers that it can link: each becomes a parameter that takes its URL
 * (`--link-slow-origin`) and is wired when both are started together.
 */
export function defineSite(servers: readonly ServerDefinition[]): ServerDefinition {
  const links = servers.map(({ name }) => ({ name, param: `link:${name}` }));
  const params = z.object(Object.fromEntries(links.map(({ name, param }) => [
    param,
    textParam({
      flag: `link-${name}`,
      description: `The URL of the ${name} to link`,
      expected: "an http:// or https:// URL",
      placeholder: "URL",
      pattern: /^$|^https?:\/\/\S+$/,
    }),
  ])));
  return {
    name: "site",
    summary: "The web page: what this is, the last release's result, a slow origin with limits",
    port: 8300,
    params,
    wiring: Object.fromEntries(links.map(({ name, param }) => [param, { server: name }])),
    connectionControl: false,
    create(given, { clock }) {
      const values = params.parse(given);
      return createSite({
        clock,
        scenarios,
        result: savedResult(),
        version: config.version,
        links: links.flatMap(({ name, param }) => {
          const url = values[param];
          return url === undefined || url === "" ? [] : [{ name, url }];
        }),
      });
    },
  };
}
