// The echo server: the Durable Object host with the echo object, its web client and its live events.

import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { realClock } from "../../lab/clock.ts";
import type { HostFigures } from "../durable_objects/figures.ts";
import type { DurableObjectHost } from "../durable_objects/host.ts";
import { type ConnectionInfo, type Server, STATS_PATH } from "../server.ts";
import { CLIENT_POLICY, clientAssets } from "./client/assets.ts";
import { createEchoHost, ECHO_OBJECTS, type WsEchoOptions } from "./echo_host.ts";
import { EventStreams } from "./event_stream.ts";
import { openSockets, PerMinute, refusalOf } from "./limits.ts";

/** An echo server. */
export interface WsEcho extends Server {
  /** The host of this moment: with limits, a new one takes over when there are too many objects. */
  readonly host: DurableObjectHost;
  /** The host's figures. */
  stats(): HostFigures;
}

/** The object that requests without a name are for. */
const USUAL_NAME = "echo";
type Bindings = { Bindings: { info?: ConnectionInfo } };

/**
 * Creates an echo server. Below its base path it answers:
 *
 * | path | answer |
 * |---|---|
 * | `/` | the web client |
 * | `/websocket`, `/websocket/plain` | the echo object, its socket accepted with hibernation or without |
 * | `/stats`, `/stats/plain` | what the object tells of itself; asking wakes it |
 * | `/_edge-repro/stats` | the host's figures; asking wakes nobody |
 * | `/events` | what happens to objects: server-sent events |
 * | `/explain` | why an object is in memory; 404 for one never used |
 *
 * `?object=NAME` says which object (default `echo`; for figures and events all). For events and
 * explanations `&accepted=plain` means the one with plain sockets.
 *
 * @throws {TypeError} for a base path that is none.
 */
export async function createWsEcho(options: WsEchoOptions = {}): Promise<WsEcho> {
  const { clock = realClock, basePath = "", limits } = options;
  if (!/^(\/[\w-]+)*$/.test(basePath)) {
    throw new TypeError(
      `Cannot mount: received '${basePath}', expected a path such as '/ws-hibernation'`,
    );
  }
  const start = async () => {
    const host = await createEchoHost(options);
    const now = () => clock.now();
    return { host, events: new EventStreams({ host, now, ...(limits && limits) }) };
  };
  let running = await start();
  let renewing: Promise<void> | undefined;
  /** Forgets all objects: there are too many, and nobody is connected to any. */
  const renew = () => {
    renewing ??= (async () => {
      const { host, events } = running;
      running = await start();
      events.close();
      await host.close();
      renewing = undefined;
    })();
    return renewing;
  };

  const perMinute = new PerMinute<string>(clock, limits?.requestsPerMinute ?? Infinity);
  /** Why a request cannot go to its object at this moment. */
  const refused = async ({ req, env, text }: Context<Bindings>): Promise<Response | undefined> => {
    if (limits === undefined) return undefined;
    const headers = { "retry-after": "60", "cache-control": "no-store" };
    if (!perMinute.take(env.info?.remoteAddr?.hostname ?? "")) {
      const most = limits.requestsPerMinute;
      return text(`${most} requests a minute are allowed (the limit here)\n`, 429, headers);
    }
    const object = {
      name: req.query("object") ?? USUAL_NAME,
      className: classOf(req.path.endsWith("/plain")),
    };
    const why = refusalOf(running.host.stats(), object, limits);
    if (why === undefined) return undefined;
    if (openSockets(running.host.stats()) > 0) return text(`${why}\n`, 503, headers);
    await renew();
  };
  const toObject = async (context: Context<Bindings>) =>
    await refused(context) ?? await running.host.fetch(context.req.raw, context.env.info);

  const app = new Hono<Bindings>();
  const routes = basePath === "" ? app : app.basePath(basePath);
  for (const path of ["/websocket", "/stats"]) {
    routes.get(path, toObject);
    routes.get(`${path}/plain`, toObject);
  }

  const pages = secureHeaders({
    contentSecurityPolicy: CLIENT_POLICY,
    xFrameOptions: "DENY",
    // Whether every name under the server's is served over TLS is for its owner to say.
    strictTransportSecurity: false,
  });
  for (const [path, { type, body }] of Object.entries(clientAssets)) {
    // Not through the routes: there a base path would lose the slash that the page's references need.
    app.get(
      basePath + path,
      pages,
      (context) => context.body(body, 200, { "content-type": type, "cache-control": "no-cache" }),
    );
  }
  if (basePath !== "") app.get(basePath, (context) => context.redirect(`${basePath}/`, 308));

  const noStore = { "cache-control": "no-store" };
  /** On a public server nobody is told of objects of which they do not know the name. */
  const unnamed = (context: Context<Bindings>) =>
    context.text("Cannot tell of all objects here: expected ?object=NAME\n", 400, noStore);
  routes.get(STATS_PATH, (context) => {
    const name = context.req.query("object");
    if (limits && name === undefined) return unnamed(context);
    const figures = running.host.stats();
    const objects = figures.objects.filter((object) => name === undefined || object.name === name);
    return context.json({ ...figures, objects }, 200, noStore);
  });
  routes.get("/events", (context) => {
    const { object: name, accepted } = context.req.query();
    if (limits && name === undefined) return unnamed(context);
    const isAny = name === undefined && accepted === undefined;
    const className = isAny ? undefined : classOf(accepted === "plain");
    return running.events.open({ name, className });
  });
  routes.get("/explain", (context) => {
    const { object: name = USUAL_NAME, accepted } = context.req.query();
    const { host } = running;
    const objects = host.namespace(accepted === "plain" ? "PLAIN_ECHO" : "ECHO");
    const explanation = host.explain(objects.idFromName(name));
    return explanation === undefined
      ? context.json({ error: `The object '${name}' was not used yet` }, 404, noStore)
      : context.json(explanation, 200, noStore);
  });
  app.notFound((context) => context.text(`There is nothing at ${context.req.path}\n`, 404));
  app.onError((error) => {
    throw error;
  });

  return {
    get host() {
      return running.host;
    },
    fetch(request, info) {
      // A Host header that is none makes a URL that is none (Deno.serve, Deno 2.9).
      return URL.canParse(request.url)
        ? app.fetch(request, { ...(info && { info }) })
        : new Response("Cannot read the request's Host header\n", { status: 400 });
    },
    stats: () => running.host.stats(),
    async close() {
      await renewing;
      running.events.close();
      await running.host.close();
    },
  };
}

function classOf(isPlain: boolean): string {
  return isPlain ? ECHO_OBJECTS.PLAIN_ECHO : ECHO_OBJECTS.ECHO;
}
