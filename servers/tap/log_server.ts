// Tells by HTTP what a tap has seen, without secrets, and has the backend behind it stop and go on.

import { BACKEND_LOG_SCHEMA, type BackendLog, type BackendRequest } from "../../lab/backend_log.ts";
import { type Figures, STATS_SCHEMA } from "../../lab/figures.ts";
import { type Server, STATS_PATH } from "../server.ts";
import type { Tap } from "./tap.ts";
import type { TappedRequest } from "./tapped_requests.ts";

/** What can be stopped, and goes on later. */
export interface Stallable {
  /** Whether it has stopped. */
  stalled: boolean;
}

/** Fields that tell how a content was sent; all others may hold what is nobody's business. */
const SHOWN = /^(content-(length|encoding|md5|type)|transfer-encoding|expect|host|user-agent)$/;
/** The same of S3's own: but for the token of a temporary key, and keys of encryption. */
const SHOWN_AMZ = /^x-amz-(checksum-|content-sha256$|date$|decoded-content-length$|sdk-|trailer$)/;
/** What of a query names an operation of S3, or what it is about. All else may be a signature. */
const SHOWN_QUERY = new RegExp(
  "^(" + [
    ...["acl", "cors", "delete", "lifecycle", "location", "policy", "tagging", "uploads"],
    ...["versioning", "versions", "attributes", "partNumber", "uploadId", "versionId", "x-id"],
    ...["list-type", "prefix", "delimiter", "marker", "max-keys", "start-after", "fetch-owner"],
    ...["continuation-token", "encoding-type", "key-marker", "upload-id-marker", "max-uploads"],
    ...["part-number-marker", "max-parts"],
  ].join("|") + ")$",
);
/** Of another parameter the name is shown, where it is one; those of a signature have none to show. */
const HIDDEN_QUERY = /^(x-amz-.*|awsaccesskeyid|signature|expires)$/i;

/**
 * Makes the server of a tap's log.
 *
 * | request | does |
 * |---|---|
 * | `GET /` | the requests; with `?contains=TEXT` those whose path has it in it |
 * | `DELETE /` | forgets what was seen |
 * | `PUT /?stalled=true` or `false` | has the backend stop, where there is one that can |
 *
 * @param backend What can be stopped. Left out: a PUT is refused.
 *
 * @example
 * ```ts
 * import { listen } from "../listen.ts";
 * import { createTapLog } from "./log_server.ts";
 * import { startTap } from "./tap.ts";
 *
 * await using backend = await listen({ fetch: () => new Response("ok") });
 * await using tap = await startTap({ backend: backend.url });
 * await (await fetch(`${tap.url}/a`, { method: "PUT", body: "hello" })).text();
 * const log = createTapLog(tap);
 * const answer = await log.fetch(new Request("http://log.test/?contains=a"));
 * const { requests } = await answer.json();
 * console.log(requests[0].framing, requests[0].contentLength); // content-length 5
 * ```
 */
export function createTapLog(tap: Pick<Tap, "requests" | "clear">, backend?: Stallable): Server {
  const stats = (): Figures => ({
    schema: STATS_SCHEMA,
    waiting: 0,
    locks: 0,
    upstreams: tap.requests.filter(({ ended }) => ended === undefined).length,
    seen: tap.requests.length,
  });
  const log = (contains: string): BackendLog => ({
    schema: BACKEND_LOG_SCHEMA,
    requests: tap.requests.map(shown).filter(({ path }) => path.includes(contains)),
    stalled: backend?.stalled ?? null,
  });
  return {
    fetch({ method, url }) {
      const { pathname, searchParams } = new URL(url);
      if (pathname === STATS_PATH && method === "GET") return json(stats());
      if (pathname !== "/") return refusal(404, "Cannot find it: expected the path /");
      if (method === "GET") return json(log(searchParams.get("contains") ?? ""));
      if (method === "DELETE") {
        tap.clear();
        return json(log(""));
      }
      if (method !== "PUT") return refusal(405, "Cannot do it: expected GET, DELETE or PUT");
      const stalled = searchParams.get("stalled");
      if (backend === undefined || stalled !== "true" && stalled !== "false") {
        const what = backend === undefined ? "no backend that can be stopped" : `'${stalled}'`;
        return refusal(400, `Cannot stop the backend: received ${what}, expected stalled=true`);
      }
      backend.stalled = stalled === "true";
      return json(log("/no such path/"));
    },
    stats,
    close: () => Promise.resolve(),
  };
}

function shown(request: TappedRequest): BackendRequest {
  const { connection, method, target, framing, bodyBytes, sha256, ended } = request;
  return {
    connection,
    method,
    path: withoutSecrets(target),
    framing: framing.kind,
    contentLength: framing.kind === "content-length" ? framing.bytes : null,
    fields: Object.fromEntries(
      request.fields.map(([name, value]) => [name.toLowerCase(), value])
        .filter(([name = ""]) => SHOWN.test(name) || SHOWN_AMZ.test(name)),
    ),
    signedFields: signedFields(request),
    bodyBytes,
    sha256: sha256 ?? null,
    ended: ended ?? null,
  };
}

function withoutSecrets(target: string): string {
  const [path = "", ...query] = target.split("?");
  const shown = query.join("?").split("&").map(shownParameter).filter((one) => one !== "");
  return shown.length === 0 ? path : `${path}?${shown.join("&")}`;
}

/** A parameter as it was sent; of one that is not known the name alone, and of a signature's nothing. */
function shownParameter(parameter: string): string {
  // Of a leading question mark it would take one off.
  const [[name] = [""]] = new URLSearchParams(`?${parameter}`);
  if (SHOWN_QUERY.test(name)) return parameter;
  return HIDDEN_QUERY.test(name) || !/^[\w.-]{1,40}$/.test(name) ? "" : `${name}=...`;
}

function signedFields(request: TappedRequest): string[] {
  const [, names = ""] = /SignedHeaders=([^,\s]*)/.exec(request.field("authorization") ?? "") ?? [];
  return names.split(";").filter((name) => name !== "");
}

function json(value: unknown): Response {
  return Response.json(value, { headers: { "cache-control": "no-store" } });
}

function refusal(status: number, message: string): Response {
  return new Response(`${message}\n`, { status });
}
