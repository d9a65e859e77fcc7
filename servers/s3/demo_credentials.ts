// The key and the bucket that our own object store has when nobody says otherwise: no secret at all.

/** The key that our object store accepts. Published here, so it must guard nothing of worth. */
export const DEMO_CREDENTIALS: Readonly<{ accessKeyId: string; secretAccessKey: string }> = {
  // No word that our names have: it is hidden wherever a store may echo it.
  accessKeyId: "EDGEREPRODEMO",
  secretAccessKey: "edge-repro-secret",
};

/** The bucket that the servers of this project use among themselves. */
export const DEMO_BUCKET = "edge-repro";
