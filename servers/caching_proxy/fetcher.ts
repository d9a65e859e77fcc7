// The writer's work: ask the origin, decide what becomes of the lock, fill the cache.

import { messageOf } from "../../lab/errors.ts";
import type { WritePermit } from "./cache_lock.ts";
import { Fill } from "./fill.ts";
import {
  headersOf,
  type policyMaker,
  type PolicyRequest,
  policyRequest,
  recordOf,
} from "./policy.ts";
import { type Entry, type Store, variantOf } from "./store.ts";
import { answeredHeaders, cacheableRequestHeaders } from "./upstream.ts";

/** What a writer came back with. */
export type Fetched =
  /** Stored or being stored: serve it from there. */
  | { kind: "entry"; entry: Entry; fwdStatus: number }
  /** Not for the cache: this one client gets it. */
  | { kind: "uncacheable"; response: Response }
  /** The origin could not be asked, or broke off before its answer began. */
  | { kind: "failed"; reason: string };

/** What one fetch is for. */
export interface FetchJob {
  key: string;
  request: Request;
  permit: WritePermit;
  /** The stored answer to revalidate, if there is one. */
  stale: Entry | undefined;
  /** Ends the work when nobody wants it any more. */
  signal: AbortSignal;
}

/** What the fetcher needs of the proxy around it. */
export interface FetcherContext {
  store: Store;
  maxBytes: number;
  via: string;
  makePolicy: ReturnType<typeof policyMaker>;
  /** Asks the origin, counting. */
  ask(request: Request, headers: Headers, signal: AbortSignal): Promise<Response>;
  /** Resolves with the first bytes of a fill, or when they take too long to hold anyone up. */
  begun(fill: Fill): Promise<void>;
  /** Keeps track of a fill that goes on in the background. */
  background(work: Promise<void>): void;
}

/**
 * Fetches for the cache. The permit is released as Pingora releases its own: `Done` as soon as the
 * header of a cacheable answer is in (readers then follow the fill) and a moment has passed in which
 * most bodies come too (readers then get them whole, at a third of the cost), `GiveUp` when the answer cannot
 * be cached, `TransientError` when the origin failed before its header.
 */
export async function fetchForCache(job: FetchJob, context: FetcherContext): Promise<Fetched> {
  const { request, permit, stale, key } = job;
  const headers = cacheableRequestHeaders(request.headers, context.via);
  const asked = policyRequest(key, request.headers);
  if (stale) {
    const conditional = headersOf(stale.policy.revalidationHeaders(asked));
    for (const name of ["if-none-match", "if-modified-since"]) {
      const value = conditional.get(name);
      if (value !== null) headers.set(name, value);
    }
  }
  let response: Response;
  try {
    response = await context.ask(request, headers, job.signal);
  } catch (error) {
    permit.release("TransientError");
    return { kind: "failed", reason: messageOf(error) };
  }
  if (stale && response.status === 304) {
    await response.body?.cancel();
    const answer = { status: 304, headers: recordOf(response.headers) };
    stale.policy = stale.policy.revalidatedPolicy(asked, answer).policy;
    permit.release("Done");
    return { kind: "entry", entry: stale, fwdStatus: 304 };
  }
  const entry = admit(response, asked, job, context);
  if (entry === undefined) {
    permit.release("GiveUp");
    return { kind: "uncacheable", response };
  }
  context.store.put(entry);
  context.background(fillFrom(response, entry, context.store));
  await context.begun(entry.fill);
  permit.release("Done");
  return { kind: "entry", entry, fwdStatus: response.status };
}

/** The entry for an answer that may be stored and fits, else undefined. */
function admit(
  response: Response,
  asked: PolicyRequest,
  job: FetchJob,
  context: FetcherContext,
): Entry | undefined {
  const headers = answeredHeaders(response.headers);
  const policy = context.makePolicy(asked, response.status, headers);
  const variant = variantOf(headers, job.request.headers);
  const length = headers.get("content-length");
  const expected = length === null ? undefined : Number(length);
  // What is neither fresh for a while nor can be asked about again is of no use to anyone later.
  const useful = policy.timeToLive() > 0 || headers.has("etag") || headers.has("last-modified");
  if (!policy.storable() || !useful || variant === undefined) return undefined;
  if ((expected ?? 0) > context.maxBytes) return undefined;
  return {
    key: job.key,
    variant,
    status: response.status,
    policy,
    fill: new Fill(context.maxBytes, expected),
    charged: 0,
  };
}

async function fillFrom(response: Response, entry: Entry, store: Store): Promise<void> {
  try {
    for await (const chunk of response.body ?? []) {
      await entry.fill.push(chunk);
      if (entry.fill.stored) store.charge(entry);
      else store.remove(entry);
    }
    entry.fill.end();
  } catch (error) {
    store.remove(entry);
    entry.fill.fail(error);
  }
}
