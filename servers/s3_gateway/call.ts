// One request on its way through the gateway: what it asks for, and where that is.

import type { ContentClaims } from "../s3/content_claims.ts";
import type { Operation } from "../s3/operation.ts";
import type { Payload } from "../s3/payload.ts";
import type { Place } from "./places.ts";

/** A request whose signature holds, or which needs none. */
export interface GatewayCall {
  /** The request as it came. */
  request: Request;
  /** What is asked for. */
  operation: Operation;
  /** The virtual bucket; empty for ListBuckets. */
  bucket: string;
  /** The object's key as the client knows it, decoded; empty where the operation is about a bucket. */
  key: string;
  /** The query. */
  query: URLSearchParams;
  /** The header fields. */
  headers: Headers;
  /** The content, whose signatures are checked as it is read. */
  payload: Payload;
  /** What the header says of the content. */
  claims: ContentClaims;
  /** Who signed; null for nobody. */
  accessKeyId: string | null;
}

/** A call that a backend answers. */
export interface ForwardedCall extends GatewayCall {
  /** Where its bucket is. */
  place: Place;
  /** Its key there; empty where the operation is about a bucket. */
  backendKey: string;
}
