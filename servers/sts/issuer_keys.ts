// The keys that an issuer signs its tokens with, and the set of public ones that it publishes.

import {
  createLocalJWKSet,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  type JWK,
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

/** The public keys of one rotation and the private ones that sign now. */
interface Generation {
  current: Readonly<Record<Algorithm, SigningKey>>;
  published: readonly JWK[];
}

/** The keys of an issuer. */
export class IssuerKeys {
  #current: Generation["current"];
  #published: readonly JWK[];
  #resolve: LocalJWKSet;

  private constructor({ current, published }: Generation) {
    this.#current = current;
    this.#published = published;
    this.#resolve = createLocalJWKSet({ keys: [...published] });
  }

  /** Makes one key for each algorithm. */
  static async create(): Promise<IssuerKeys> {
    return new IssuerKeys(await generate());
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
    const { current, published } = await generate();
    this.#current = current;
    this.#published = keepOld ? [...published, ...this.#published] : published;
    this.#resolve = createLocalJWKSet(this.published);
    return this.#published.map(({ kid }) => kid ?? "");
  }
}

async function generate(): Promise<Generation> {
  const [rs256, es256] = await Promise.all([generateOne("RS256"), generateOne("ES256")]);
  return {
    current: { RS256: rs256.signing, ES256: es256.signing },
    published: [rs256.published, es256.published],
  };
}

async function generateOne(algorithm: Algorithm): Promise<{ signing: SigningKey; published: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm);
  const keyId = `${algorithm.toLowerCase()}-${crypto.randomUUID()}`;
  const published = { ...await exportJWK(publicKey), kid: keyId, alg: algorithm, use: "sig" };
  return { signing: { keyId, privateKey }, published };
}
