// The web site as a server: the first page, the health check, and the slow origin with limits.

import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { ifNoneMatch } from "@std/http/etag";
import type { Clock } from "../lab/clock.ts";
import type { Result } from "../lab/result.ts";
import type { Scenario } from "../lab/scenario.ts";
import { type ConnectionInfo, type Server, STATS_PATH } from "../servers/server.ts";
import { createSlowOrigin } from "../servers/slow_origin/slow_origin.ts";
import { Deadlines } from "./deadline.ts";
import base from "../look/base.css" with { type: "text" };
import favicon from "../look/favicon.svg" with { type: "text" };
import { INDEX_NAVIGATION, indexMain, type Link } from "./index_page.ts";
import { ORIGIN_LIMITS } from "./limits.ts";
import { notFoundMain, renderPage } from "./page.ts";
import { VIDEO_PATH } from "./video.ts";
import { WS_PATH } from "./ws_hibernation.ts";
import ownStyle from "./style.css" with { type: "text" };

/** What a site is made of. */
export interface SiteOptions {
  /** Gives the slow origin its times. */
  clock: Clock;
  /** The scenarios to show. */
  scenarios: readonly Scenario[];
  /** The result to draw, schema `edge-repro/result@1`. */
  result: Result;
  /** The program's version. */
  version: string;
  /** Servers that run beside the site, to be linked. Default: none. */
  links?: readonly Link[];
  /** The video host, made for {@linkcode VIDEO_PATH}; the site closes it. Default: none. */
  video?: Server;
  /** The Durable Object host, made for {@linkcode WS_PATH}; the site closes it. Default: none. */
  wsHibernation?: Server;
}

const PREFIX = "/origin";
const HTML = "text/html; charset=utf-8";
const SVG = "image/svg+xml";
const style = base + ownStyle;
const STYLESHEET = `/style-${digest(style)}.css`;

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/**
 * Creates the site. Its pages need no scripts and no other host, and their policy (CSP) allows none.
 *
 * | path | answer |
 * |---|---|
 * | `/` | the first page, drawn from the scenarios and the result |
 * | `/healthz` | 200 and `{"status":"ok","version":"…"}` |
 * | `/origin/*` | the slow origin, within {@link ORIGIN_LIMITS}, without its log |
 * | `/stale-read/*` | the video host, where there is one, with scripts and a policy of its own |
 * | `/ws-hibernation/*` | the Durable Object host, likewise |
 *
 * @example
 * ```ts
 * import { realClock } from "../lab/clock.ts";
 * import { savedResult } from "./saved_result.ts";
 * import { createSite } from "./site.ts";
 *
 * const site = createSite({ clock: realClock, scenarios: [], result: savedResult(), version: "1" });
 * const response = await site.fetch(new Request("http://site.test/healthz"));
 * console.log(await response.json()); // { status: "ok", version: "1" }
 * await site.close();
 * ```
 */
export function createSite(options: SiteOptions): Server {
  const { clock, scenarios, result, version, links = [], video, wsHibernation } = options;
  const origin = createSlowOrigin({ clock, delayMs: 1_000, limits: ORIGIN_LIMITS, log: false });
  const deadlines = new Deadlines(clock, ORIGIN_LIMITS.maxTotalMs);
  const app = new Hono<{ Bindings: { info?: ConnectionInfo } }>();
  const videoPath = video && `${VIDEO_PATH}/`;
  const wsPath = wsHibernation && `${WS_PATH}/`;
  const frame = { stylesheet: STYLESHEET, version };

  app.use(secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
    xFrameOptions: "DENY",
    // Whether every name under the site's is served over TLS is for its owner to say.
    strictTransportSecurity: false,
  }));

  const answers: Record<string, (context: Context) => Response | Promise<Response>> = {
    "/": async (context) => {
      const content = {
        scenarios,
        result,
        limits: ORIGIN_LIMITS,
        links,
        videoPath,
        wsPath,
        base: baseOf(context),
      };
      const page = await renderPage({
        ...frame,
        title: "A lab for stuck I/O at the edge",
        description: "Shows stuck I/O bugs of proxies on embedded servers, and probes yours.",
        navigation: INDEX_NAVIGATION,
        main: indexMain(content),
      });
      return unlessKnown(context, page.toString(), { type: HTML, cacheControl: "no-cache" });
    },
    [STYLESHEET]: (context) =>
      unlessKnown(context, style, {
        type: "text/css; charset=utf-8",
        // Its name changes with its content.
        cacheControl: "public, max-age=31536000, immutable",
      }),
    "/favicon.svg": (context) =>
      unlessKnown(context, favicon, { type: SVG, cacheControl: "public, max-age=86400" }),
    "/robots.txt": (context) => {
      context.header("cache-control", "public, max-age=86400");
      return context.text(`User-agent: *\nDisallow: ${PREFIX}/\n`);
    },
    "/healthz": (context) => {
      context.header("cache-control", "no-store");
      return context.json({ status: "ok", version });
    },
    [STATS_PATH]: (context) => {
      context.header("cache-control", "no-store");
      return context.json(origin.stats());
    },
  };
  for (const [path, answer] of Object.entries(answers)) {
    app.get(path, answer);
    app.all(path, (context) => {
      context.header("allow", "GET, HEAD");
      context.header("cache-control", "no-store");
      return context.text(`Cannot ${context.req.method} ${path}: expected GET or HEAD\n`, 405);
    });
  }

  app.all(`${PREFIX}/*`, (context) => {
    const request = context.req.raw;
    const url = new URL(request.url);
    url.pathname = url.pathname.slice(PREFIX.length) || "/";
    return deadlines.run(request, url, (bounded) => origin.fetch(bounded, context.env.info));
  });

  app.notFound(async (context) => {
    const page = await renderPage({
      ...frame,
      title: "There is no such page",
      description: "Not an address of this site.",
      navigation: [],
      main: notFoundMain(context.req.path),
    });
    context.header("cache-control", "no-cache");
    return context.html(page, 404);
  });
  app.onError((error) => {
    throw error;
  });

  return {
    fetch(request, info) {
      // A Host header that is none makes a URL that is none (Deno.serve, Deno 2.9).
      if (!URL.canParse(request.url)) {
        return new Response("Cannot read the request's Host header\n", { status: 400 });
      }
      const { pathname } = new URL(request.url);
      const isBelow = (path: string) => pathname === path || pathname.startsWith(`${path}/`);
      if (video && isBelow(VIDEO_PATH)) return video.fetch(request, info);
      if (wsHibernation && isBelow(WS_PATH)) return wsHibernation.fetch(request, info);
      return app.fetch(request, { info });
    },
    stats: () => origin.stats(),
    async close() {
      deadlines.close();
      await Promise.all([origin.close(), video?.close(), wsHibernation?.close()]);
    },
  };
}

/** The text, or 304 when the client has it (RFC 9110 §13.1.2). */
function unlessKnown(
  context: Context,
  text: string,
  { type, cacheControl }: { type: string; cacheControl: string },
): Response {
  const etag = `"${digest(text)}"`;
  const headers = { etag, "cache-control": cacheControl };
  if (!ifNoneMatch(context.req.header("if-none-match") ?? null, etag)) {
    return context.body(null, 304, headers);
  }
  return context.body(text, 200, { ...headers, "content-type": type });
}

/** The site's scheme, host and port as the client sees them. */
function baseOf({ req }: Context): string {
  const url = new URL(req.url);
  // Where TLS ends in front of the site, the request says so.
  if (req.header("x-forwarded-proto") === "https") url.protocol = "https:";
  return url.origin;
}
