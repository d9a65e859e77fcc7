// What strangers can ask of the slow origin on a public site, at most.

/** The limits of the site's slow origin. */
export interface OriginLimits {
  /** The longest delay of one request, in milliseconds; hangs and stalls end then. */
  maxDelayMs: number;
  /** The largest body that is sent or taken, in bytes. */
  maxBodyBytes: number;
  /** The most requests that may be open at one time. */
  maxOpen: number;
  /** How long one request may take in all, a slow upload or a slow reader included, in milliseconds. */
  maxTotalMs: number;
}

/** What the site allows. */
export const ORIGIN_LIMITS: Readonly<OriginLimits> = {
  maxDelayMs: 10_000,
  maxBodyBytes: 2 ** 20,
  maxOpen: 50,
  maxTotalMs: 30_000,
};
