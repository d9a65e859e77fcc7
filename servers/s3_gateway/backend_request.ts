// What a backend is asked for a call: its bucket and key, the parameters and header fields that go on.

import { invalidArgument } from "../s3/errors.ts";
import type { ForwardedCall } from "./call.ts";
import { COPY_SOURCE } from "./copy_source.ts";
import type { Forwarding } from "./forwarded.ts";
import { type PassedFields, passedFields } from "./passed_fields.ts";
import { encodeKey, encodeName, type Place } from "./places.ts";

/** A request for a backend without its content. */
export interface BackendRequest {
  /** In upper case. */
  method: string;
  /** Scheme, host and port; with the bucket in the host where it stands there. */
  origin: string;
  /** Percent-encoded as S3 signs it. */
  path: string;
  /** Likewise; empty for none. */
  query: string;
  /** The fields that go on. */
  headers: Headers;
}

const PASSED: PassedFields = {
  fields: [
    ...["cache-control", "content-disposition", "content-encoding", "content-language"],
    ...["content-md5", "content-type", "expires", "if-match", "if-modified-since"],
    ...["if-none-match", "if-range", "if-unmodified-since", "range"],
  ],
  // They belong to the client's request, or are put in anew.
  except: [
    ...["x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "x-amz-user-agent"],
    ...["x-amz-decoded-content-length", "x-amz-trailer", "x-amz-request-id", "x-amz-id-2"],
    COPY_SOURCE,
  ],
};

/** Makes the request. The fields of its content and of a copy's source are for the caller to add. */
export function backendRequest(call: ForwardedCall, forwarding: Forwarding): BackendRequest {
  const { request, place, backendKey } = call;
  const { origin, path } = addressOf(place);
  return {
    method: request.method,
    origin,
    path: backendKey === "" ? path : `${path === "/" ? "" : path}/${encodeKey(backendKey)}`,
    query: queryOf(call, forwarding),
    headers: passedFields(call.headers, PASSED),
  };
}

function addressOf({ backend, backendBucket }: Place): { origin: string; path: string } {
  const url = new URL(backend.endpoint);
  const base = url.pathname.replace(/\/+$/, "");
  if (backend.addressing !== "virtual-host") {
    return { origin: url.origin, path: `${base}/${encodeName(backendBucket)}` };
  }
  return { origin: `${url.protocol}//${backendBucket}.${url.host}`, path: base || "/" };
}

function queryOf({ query, place }: ForwardedCall, { query: passed, names }: Forwarding): string {
  const pairs: [name: string, value: string][] = [];
  for (const name of passed) {
    const value = query.get(name);
    if (value !== null) pairs.push([name, value]);
  }
  for (const name of names ?? []) {
    // Where nothing is named this is the prefix alone. In the place of a marker that passes over an entry
    // of just that name, which is none in front: a page of it alone would have no last key to go on from.
    const whole = place.prefix + (query.get(name) ?? "");
    if (whole !== "") pairs.push([name, whole]);
  }
  if (names !== undefined) {
    checkEncoding(query);
    // Always: else the answer could not say some names.
    pairs.push(["encoding-type", "url"]);
  }
  // No name is there twice.
  return pairs.sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, value]) => `${encodeName(name)}=${encodeName(value)}`).join("&");
}

function checkEncoding(query: URLSearchParams): void {
  const type = query.get("encoding-type");
  if (type === null || type === "url") return;
  throw invalidArgument("Expected encoding-type=url, or none.", "encoding-type", type);
}
