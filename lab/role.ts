// What a scenario needs a target to be, and what a target that is started for a run is told.

/** What a scenario needs a target to be. */
export type Role = "caching-proxy" | "object-store" | "websocket-server" | "s3-gateway";

/** What a caching proxy is configured with. */
export interface ProxySettings {
  /** Where misses go: scheme, host and port. */
  originUrl: URL;
  /** How long one reader waits for the cache lock before it goes on alone, in milliseconds. */
  lockWaitTimeoutMs: number;
  /** How long one writer may hold the lock before it is replaced, in milliseconds. */
  lockAgeTimeoutMs: number;
  /** How many requests may be at work or wait at once; 0 for any number. */
  maxWaiting: number;
}

/** What an object store is configured with. */
export interface ObjectStoreSettings {
  /** The one key there is, which may do everything. */
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** The region that requests are signed for. */
  region: string;
}

/** What a WebSocket server with the echo object is configured with. */
export interface WebSocketServerSettings {
  /** How long a client may send no heartbeat before its connection is closed, in milliseconds. */
  heartbeatTimeoutMs: number;
  /** How often connections are looked at for that, in milliseconds. */
  cleanupIntervalMs: number;
  /** How long an object is idle before it is evicted from memory, in milliseconds. */
  hibernateAfterMs: number;
}

/** What a gateway that speaks the S3 API is configured with. */
export interface S3GatewaySettings {
  /** The object store that it forwards to. */
  backend: {
    /** Scheme, host and port. */
    url: URL;
    /** The bucket there that the clients' bucket stands for. */
    bucket: string;
    /** The region that requests to it are signed for. */
    region: string;
  };
  /** Where it exchanges a token for temporary keys to the backend (`AssumeRoleWithWebIdentity`). */
  sts: {
    /** Scheme, host and port. */
    url: URL;
    /** The role that is assumed. */
    roleArn: string;
    /** Whom the token speaks of (`sub`). */
    subject: string;
    /** Whom the token is for (`aud`). */
    audience: string;
  };
  /** The bucket as its clients see it. */
  bucket: string;
  /** The one key that clients sign with. */
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** The region that clients sign for. */
  region: string;
  /** How long it waits for a backend, or a client, that does nothing, in milliseconds. */
  backendTimeoutMs: number;
  /** How long it waits for the token service, in milliseconds. */
  stsTimeoutMs: number;
  /** The report's decisions that are as repaired in a gateway of ours, whatever else it is told. */
  repaired: readonly ("readBody" | "uploadPart" | "framing")[];
}

/** The settings of each role that targets are started for. */
export interface RoleSettings {
  /** A shared cache in front of an origin. */
  "caching-proxy": ProxySettings;
  /** A server that speaks the S3 API. */
  "object-store": ObjectStoreSettings;
  /** A WebSocket server whose objects hibernate. */
  "websocket-server": WebSocketServerSettings;
  /** A server that speaks the S3 API in front of an object store. */
  "s3-gateway": S3GatewaySettings;
}

/**
 * What some targets of a role have and others do not, and a case relies on:
 * - `collapsing`: requests for one uncached URL wait for the first of them (RFC 9211 §2.8);
 * - `revalidation-collapsing`: the same for what is stored and has expired;
 * - `stale-while-revalidate`: RFC 5861 §3;
 * - `streaming-fill`: readers are sent what has come while the rest is still being fetched;
 * - `vary`: representations selected by request headers (RFC 9111 §4.1);
 * - `http2`: HTTP/2 with prior knowledge on a plain-text port (RFC 9113 §3.3).
 */
export type Feature =
  | "collapsing"
  | "revalidation-collapsing"
  | "stale-while-revalidate"
  | "streaming-fill"
  | "vary"
  | "http2";
