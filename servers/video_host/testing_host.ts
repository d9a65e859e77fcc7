// For tests: a video host in front of an object store, each on a port of its own, and a faulty store.

import { type Clock, realClock } from "../../lab/clock.ts";
import { listen, type Listening } from "../listen.ts";
import { BUCKET, TESTING_KEY, TestingStore } from "../object_store/testing_store.ts";
import { createVideoHost, type VideoHost, type VideoHostOptions } from "./video_host.ts";

/** Well over what the kernel keeps for one connection on loopback (4 MiB). */
const SIZE_BYTES = 16 << 20;

/** A host that can be reached, and its store. */
export class TestingHost implements AsyncDisposable {
  readonly host: VideoHost;
  readonly store: TestingStore;
  readonly listening: Listening;
  /** What the host warned of. */
  readonly warnings: string[];
  /** What it told of besides. */
  readonly notices: string[];

  private constructor(
    given: Pick<TestingHost, "host" | "store" | "listening" | "warnings" | "notices">,
  ) {
    this.host = given.host;
    this.store = given.store;
    this.listening = given.listening;
    this.warnings = given.warnings;
    this.notices = given.notices;
  }

  /** Starts both. Without more said the host's URLs are presigned, and the store tells its figures. */
  static async start(
    variant: "bug" | "fix",
    options: Partial<VideoHostOptions> = {},
  ): Promise<TestingHost> {
    const store = await TestingStore.start({ variant });
    const warnings: string[] = [], notices: string[] = [];
    const host = createVideoHost({
      clock: quick(realClock),
      wallClock: realClock,
      endpoint: store.url,
      bucket: BUCKET,
      credentials: TESTING_KEY,
      statsUrl: `${store.url}/_edge-repro/stats`,
      sizeBytes: SIZE_BYTES,
      warn: (message) => warnings.push(message),
      notice: (message) => notices.push(message),
      ...options,
    });
    return new TestingHost({ host, store, warnings, notices, listening: await listen(host) });
  }

  /** The keys in the bucket. */
  keys(): string[] {
    return [...this.store.storage.objects(BUCKET)].map(([key]) => key);
  }

  /** Sends a request to the host. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.listening.url}${path}`, { redirect: "manual", ...init });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.listening.close();
    await this.host.close();
    await this.store[Symbol.asyncDispose]();
  }
}

/** The real clock, on which the story's pause is over at once; longer times stay as they are. */
function quick(clock: Clock): Clock {
  return { ...clock, sleep: (ms, options) => clock.sleep(ms <= 1_000 ? 0 : ms, options) };
}

/** A store of one answer. */
export async function startAnswering(
  answer: (request: Request) => Response | Promise<Response>,
): Promise<Listening> {
  return await listen({ fetch: answer });
}

/** A refusal as S3 writes it. */
export function refusal(status: number, code: string, headers: HeadersInit = {}): Response {
  const text = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`;
  return new Response(text, { status, headers });
}
