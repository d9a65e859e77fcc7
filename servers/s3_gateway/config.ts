// What a gateway is made of: backends, virtual buckets on them, clients' keys, and the three switches.

import type { BodyFraming } from "./outbound.ts";

/** A key that signs; the same for clients and for backends. */
export interface StaticKey {
  /** Names the key; no secret. */
  accessKeyId: string;
  /** Signs requests; a secret. */
  secretAccessKey: string;
}

/** A key to a backend. */
export interface BackendKey extends StaticKey {
  /** Goes with temporary keys; a secret. */
  sessionToken?: string | undefined;
}

/** Where a web identity's token comes from: it is given, in a file, or from an issuer of ours. */
export type TokenSource =
  | { readonly value: string }
  | { readonly file: string }
  | { readonly issuer: string; readonly subject: string; readonly audience: string };

/** A role that is taken with a token, for a key that expires (AssumeRoleWithWebIdentity). */
export interface WebIdentity {
  /** The token service. */
  stsUrl: string;
  /** The role to take. */
  roleArn: string;
  /** What the session is called in the backend's logs. Default: `s3-gateway`. */
  sessionName?: string;
  /** For how long the key is asked for, in seconds. Default: what the service gives. */
  durationS?: number;
  /** The token. */
  token: TokenSource;
}

/** How the gateway shows a backend who it is. */
export type BackendCredentials = "anonymous" | BackendKey | WebIdentity;

/** A store behind the gateway. */
export interface BackendConfig {
  /** Scheme, host and port of an S3 API; a path is a prefix. */
  endpoint: string;
  /** The region that requests are signed for. Default: `us-east-1`. */
  region?: string;
  /** Whether a bucket stands in the path or before the host's name. Default: `path`. */
  addressing?: "path" | "virtual-host";
  /** Default: `anonymous`. */
  credentials?: BackendCredentials;
}

/** A bucket as clients see it. */
export interface BucketConfig {
  /** The name of its backend. */
  backend: string;
  /** The bucket there. Default: the same name. */
  bucket?: string;
  /** What stands before all of its keys there, such as `tenant/`. Default: nothing. */
  prefix?: string;
  /** Whether it can be read, and only read, without a signature. Default: `keyed`. */
  access?: "keyed" | "anonymous-read";
}

/** A key that the gateway accepts. */
export interface ClientKey extends StaticKey {
  /** The buckets that it may use. Default: all. */
  buckets?: readonly string[];
}

/** The three decisions that the report's three repairs are about. */
export interface GatewaySwitches {
  /**
   * When the body of an operation that needs all of it is read: `early`, in the request's own turn, or
   * `late`, in the queue that all requests share, behind whatever was waited for there.
   */
  readBody: "early" | "late";
  /** Whether the content of a plain part is passed on as it comes, or gathered first. */
  uploadPart: "stream" | "buffer";
  /** Whether a plain content that is passed on as it comes has its Content-Length. */
  framing: BodyFraming;
}

/** The switches as the report found them, and as it left them. */
export const VARIANT_SWITCHES: Readonly<Record<"bug" | "fix", GatewaySwitches>> = {
  bug: { readBody: "late", uploadPart: "buffer", framing: "chunked" },
  fix: { readBody: "early", uploadPart: "stream", framing: "fixed" },
};

/** How long the gateway waits, in milliseconds. */
export interface GatewayLimits {
  /** For how long a backend, or a client that is sending, may do nothing. Default: 60,000. */
  silenceMs: number;
  /** How long getting a key to a backend may take. Default: 10,000. */
  exchangeMs: number;
  /** How long before its end a key is renewed. Default: 300,000, at most a third of its life. */
  refreshMs: number;
}

/** The limits when nobody says otherwise. */
export const DEFAULT_LIMITS: Readonly<GatewayLimits> = {
  silenceMs: 60_000,
  exchangeMs: 10_000,
  refreshMs: 300_000,
};

/** What a gateway is made of; can be written as JSON. */
export interface GatewayConfig extends Partial<GatewaySwitches> {
  /** The stores, by a name that is used here alone. */
  backends: Readonly<Record<string, BackendConfig>>;
  /** The buckets that clients see, by name. */
  buckets: Readonly<Record<string, BucketConfig>>;
  /** The keys that clients sign with. Default: none, with which only `anonymous-read` buckets can be. */
  keys?: readonly ClientKey[];
  /** The region that clients are told. `us-east-1` and `auto` may be signed for too. Default: `auto`. */
  region?: string;
  /** The gateway's own names, for `BUCKET.NAME` as a host. Default: `localhost`. */
  hostnames?: readonly string[];
  /** Sets all three switches; one that is given by itself wins. Default: `fix`. */
  variant?: "bug" | "fix";
  /** How long is waited. */
  limits?: Partial<GatewayLimits>;
}

/** The switches that a config comes to. */
export function switchesOf(config: Partial<GatewayConfig>): GatewaySwitches {
  const base = VARIANT_SWITCHES[config.variant ?? "fix"];
  return {
    readBody: config.readBody ?? base.readBody,
    uploadPart: config.uploadPart ?? base.uploadPart,
    framing: config.framing ?? base.framing,
  };
}
