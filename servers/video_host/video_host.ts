// The video host: a page with a video element, and the story of the read that nobody reads.

import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { Clock } from "../../lab/clock.ts";
import { messageOf } from "../../lab/errors.ts";
import { type Figures, STATS_SCHEMA } from "../../lab/figures.ts";
import { type ConnectionInfo, type Server, STATS_PATH, type TerminalAction } from "../server.ts";
import { Feed } from "./feed.ts";
import type { VideoHostLimits } from "./limits.ts";
import { PAGE_FILES, renderPage } from "./page.ts";
import { readsOfHost, readsOfStore } from "./reads.ts";
import { isSameOrigin } from "./same_origin.ts";
import type { HostState, ReadsState } from "./state.ts";
import { StoreClient, type StoreKey } from "./store_client.ts";
import { StepError } from "./step_error.ts";
import { fetchFigures } from "./store_figures.ts";
import { Story } from "./story.ts";
import { Uploads } from "./uploads.ts";

/** What a video host is made of. */
export interface VideoHostOptions {
  /** The host's time. */
  clock: Clock;
  /** The world's time, by which signatures are dated, where the host's runs faster. Default: `clock`. */
  wallClock?: Pick<Clock, "now">;
  /** Where the S3 API is: scheme, host and port; a path is a prefix. */
  endpoint: string;
  /** The bucket for the clips. */
  bucket: string;
  /** What requests are signed for. Default: `auto`, as R2 has it. */
  region?: string;
  /** Signs requests to the store. */
  credentials: StoreKey;
  /** Below which the bucket's objects can be read unsigned. Default: none, URLs are presigned. */
  publicUrl?: string;
  /** Where the store's figures are. Default: none, the page shows what the host knows itself. */
  statsUrl?: string;
  /** Close the body that is not read: the seed's fix on the client's side. Default: false. */
  closeBody?: boolean;
  /** How long the clip is in the store. Default: 32 MiB, well over what kernels buffer. */
  sizeBytes?: number;
  /** The path that it is mounted on, such as `/stale-read`. Default: none. */
  basePath?: string;
  /** What strangers may do. Default: anything, as often as they like. */
  limits?: VideoHostLimits;
  /** Told in a line what could not be deleted. Default: standard error. */
  warn?: (message: string) => void;
  /** Told in a line what was deleted, and each step that a page had taken. Default: nobody. */
  notice?: (message: string) => void;
}

/** A video host: a server, and the steps of its story. Steps reject with a {@linkcode StepError}. */
export interface VideoHost extends Server {
  /** The whole story, from a terminal. Never rejects: a refusal is a line to print too. */
  readonly onEnter: TerminalAction;
  /** The steps, each of which resolves to what was done, in a line. */
  readonly story: Story;
  /** How things are at this moment, with the store's open reads. */
  state(): Promise<HostState>;
}

/** The clip's usual length in the store, in bytes. */
export const DEFAULT_SIZE_BYTES: number = 32 << 20;

/** For how long a presigned URL works, in seconds. */
const PRESIGNED_S = 600;

const NO_LIMITS: VideoHostLimits = {
  uploadsPerMinute: Infinity,
  deleteAfterMs: Infinity,
  watchers: Infinity,
};

/**
 * Creates a video host. Below its base path it answers:
 *
 * | path | answer |
 * |---|---|
 * | `/` | the page |
 * | `/api/video-url` | `{"url": …}` of the clip; 404 where there is none |
 * | `/video.mp4` | 302 to that URL, likewise |
 * | `/api/state` | the state as it changes: server-sent events; once, as JSON, where `Accept` asks for it |
 * | `POST /api/upload`, `abandon`, `play`, `close`, `delete`, `story` | one step; `{"done": …}` or `{"error": …}` |
 *
 * Closing it closes the unread GET and deletes what was uploaded.
 *
 * @throws {TypeError} for a URL that is none.
 * @throws {RangeError} for a size in which the clip has no room.
 */
export function createVideoHost(options: VideoHostOptions): VideoHost {
  const { clock, bucket, region = "auto", basePath = "", limits = NO_LIMITS } = options;
  const { notice = () => {} } = options;
  const endpoint = new URL(options.endpoint);
  const publicUrl = options.publicUrl === undefined ? undefined : new URL(options.publicUrl);
  const store = new StoreClient({ wallClock: clock, ...options, endpoint, region });
  const uploads = new Uploads({
    store,
    bucket,
    clock,
    sizeBytes: options.sizeBytes ?? DEFAULT_SIZE_BYTES,
    warn: options.warn ?? ((message) => console.error(`warning: ${message}`)),
    notice,
  });
  const story = new Story({
    store,
    uploads,
    clock,
    limits,
    pages: () => feed.watching,
    closeBody: options.closeBody ?? false,
  });

  const videoUrl = async (): Promise<string | undefined> => {
    const { clip } = story;
    if (clip === undefined) return undefined;
    if (publicUrl === undefined) return (await store.presign(clip.key, PRESIGNED_S)).href;
    return `${publicUrl.href.replace(/\/$/, "")}/${clip.key}`;
  };
  const state = async (): Promise<HostState> => {
    const { clip } = story.state();
    const figures = clip && options.statsUrl
      ? await fetchFigures(options.statsUrl, clock)
      : undefined;
    const { clip: still, ...told } = story.state();
    const now = clock.now();
    const reads = (): ReadsState => {
      if (still === undefined) return { from: "host", waiting: null, open: [] };
      const of = { ...still, bucket, region, unread: told.unread };
      return readsOfStore(figures, of) ?? readsOfHost(of);
    };
    return {
      ...told,
      store: { host: endpoint.host, bucket, region },
      clip: still
        ? {
          key: still.key,
          sizeBytes: still.sizeBytes,
          urlHost: (publicUrl ?? endpoint).host,
          ageMs: now - still.uploadedAtMs,
        }
        : null,
      reads: reads(),
    };
  };
  const feed = new Feed({ read: state, clock, watchers: limits.watchers });
  const unlisten = story.onChange(() => feed.changed());

  const stats = (): Figures => {
    const { unread } = story.state();
    const open = unread !== null && unread.phase !== "closed" ? 1 : 0;
    return { schema: STATS_SCHEMA, waiting: 0, locks: 0, upstreams: open, watching: feed.watching };
  };

  const steps: Readonly<Record<string, () => Promise<string>>> = {
    upload: () => story.upload(),
    abandon: () => story.abandon(),
    play: () => story.play(),
    close: () => story.closeRead(),
    delete: () => story.deleteClip(),
    story: () => story.tell(),
  };

  const app = new Hono<{ Bindings: { info?: ConnectionInfo } }>();
  const routes = basePath === "" ? app : app.basePath(basePath);
  app.use(secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      connectSrc: ["'self'"],
      mediaSrc: ["'self'", (publicUrl ?? endpoint).origin],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
    xFrameOptions: "DENY",
    // Whether every name under the host's is served over TLS is for its owner to say.
    strictTransportSecurity: false,
  }));
  app.use(async (context, next) => {
    await next();
    if (!context.res.headers.has("cache-control")) context.header("cache-control", "no-store");
  });

  const gets: Readonly<Record<string, (context: Context) => Response | Promise<Response>>> = {
    "/api/video-url": async (context) => {
      const url = await videoUrl();
      return url === undefined ? none(context) : context.json({ url });
    },
    "/video.mp4": async (context) => {
      const url = await videoUrl();
      return url === undefined ? none(context) : context.redirect(url, 302);
    },
    "/api/state": async (context) =>
      context.req.header("accept")?.includes("application/json")
        ? context.json(await state())
        : feed.watch(),
    [STATS_PATH]: (context) => context.json(stats()),
  };
  for (const [path, { type, text }] of Object.entries(PAGE_FILES)) {
    routes.get(
      path,
      (context) => context.body(text, 200, { "content-type": type, "cache-control": "no-cache" }),
    );
  }
  for (const [path, answer] of Object.entries(gets)) routes.get(path, answer);
  app.get(
    `${basePath}/`,
    (context) => context.html(renderPage({ basePath, limits: options.limits })),
  );
  // Without its final slash the page's own references would lead beside it.
  if (basePath !== "") app.get(basePath, (context) => context.redirect(`${basePath}/`, 308));

  routes.post("/api/:step", async (context) => {
    const name = context.req.param("step");
    const step = steps[name];
    if (step === undefined) return context.notFound();
    if (!isSameOrigin(context.req.raw)) {
      return context.json({ error: "Cannot take this step: the request is another site's" }, 403);
    }
    try {
      const done = await step();
      // What is deleted has been told.
      if (name !== "delete") notice(done);
      return context.json({ done });
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      return context.json({ error: error.message }, error.status);
    }
  });
  app.notFound((context) => context.text(`There is nothing at ${context.req.path}\n`, 404));
  app.onError((error) => {
    throw error;
  });

  let closing: Promise<void> | undefined;
  return {
    fetch(request, info) {
      // A Host header that is none makes a URL that is none (Deno.serve, Deno 2.9).
      return URL.canParse(request.url)
        ? app.fetch(request, { info })
        : new Response("Cannot read the request's Host header\n", { status: 400 });
    },
    stats,
    state,
    story,
    onEnter: {
      what: "uploads a clip, leaves a read of it unread and has open pages play it",
      run: () => story.tell().catch(messageOf),
    },
    close() {
      closing ??= (async () => {
        unlisten();
        feed.close();
        await story.close();
      })();
      return closing;
    },
  };
}

function none(context: Context): Response {
  return context.json({ error: "There is no clip in the store" }, 404);
}
