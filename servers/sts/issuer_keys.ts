// The keys that an issuer signs its tokens with, and the set of public ones that it publishes.

import {
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  type LocalJWKSet,
} from "jose";

/** The ways to sign that the issuer has. Source: RFC 7518 §3.1; OIDC issuers must have RS256. */
export const ALGORITHMS = ["RS256", "ES256"] as const;

/** One of {@linkcode ALGORITHMS}. */
export type Algorithm = typeof ALGORITHMS[number];

/** A private key and the id that its public one is published under. */
export interface SigningKey {
  /** The id: `kid`. */
  keyId: string;
  /** Signs; cannot be exported. */
  privateKey: CryptoKey;
}

/** A public key as it is published. Source: RFC 7517 §4, RFC 7518 §6. */
export interface PublishedKey {
  /** The id that tokens name. */
  readonly kid: string;
  /** What it is for: signatures. */
  readonly use: "sig";
  /** In which way they are made. */
  readonly alg: Algorithm;
  /** `RSA` or `EC`. */
  readonly kty?: string;
  /** Of RSA the modulus. */
  readonly n?: string;
  /** Of RSA the exponent. */
  readonly e?: string;
  /** Of EC the curve. */
  readonly crv?: string;
  /** Of EC the one coordinate of its point. */
  readonly x?: string;
  /** Of EC the other. */
  readonly y?: string;
}

/** One key for each algorithm, which nobody changes: several issuers can begin with the same ones. */
export interface SigningKeys {
  /** The private ones. */
  readonly current: Readonly<Record<Algorithm, SigningKey>>;
  /** The public ones. */
  readonly published: readonly PublishedKey[];
}

/** The keys of an issuer. */
export class IssuerKeys {
  #current: SigningKeys["current"];
  #published: SigningKeys["published"];
  #resolve: LocalJWKSet;

  /** Signs with these keys until the first rotation. */
  constructor({ current, published }: SigningKeys) {
    this.#current = current;
    this.#published = published;
    this.#resolve = createLocalJWKSet({ keys: [...published] });
  }

  /** The key that signs now. */
  current(algorithm: Algorithm): SigningKey {
    return this.#current[algorithm];
  }

  /** What is published: no private part is in it. */
  get published(): JSONWebKeySet {
    return { keys: [...this.#published] };
  }

  /** Finds the published key of a token, as `jwtVerify` asks for it. */
  get resolve(): LocalJWKSet {
    return this.#resolve;
  }

  /**
   * Makes new keys, which sign from now on.
   *
   * @param keepOld Whether the old ones stay published, so that tokens which they signed still hold.
   * @returns The ids of all keys that are published now, the new ones first.
   */
  async rotate(keepOld: boolean): Promise<string[]> {
    const { current, published } = await generateSigningKeys();
    this.#current = current;
    this.#published = keepOld ? [...published, ...this.#published] : published;
    this.#resolve = createLocalJWKSet(this.published);
    return this.#published.map(({ kid }) => kid);
  }
}

/**
 * Makes new keys. RSA's takes some 0.1 s of CPU, now and then three times that: whoever needs several
 * issuers can have them begin with the same keys.
 */
export async function generateSigningKeys(): Promise<SigningKeys> {
  const [rs256, es256] = await Promise.all([generateOne("RS256"), generateOne("ES256")]);
  return {
    current: { RS256: rs256.signing, ES256: es256.signing },
    published: [rs256.published, es256.published],
  };
}

async function generateOne(
  algorithm: Algorithm,
): Promise<{ signing: SigningKey; published: PublishedKey }> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm);
  const keyId = `${algorithm.toLowerCase()}-${crypto.randomUUID()}`;
  const jwk = await exportJWK(publicKey);
  const published = { ...jwk, kid: keyId, alg: algorithm, use: "sig" } as const;
  return { signing: { keyId, privateKey }, published };
}
