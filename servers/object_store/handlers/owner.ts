// Who owns every bucket and object: S3's answers name an owner, and this store has one key.

/** The one owner. The id has the form of S3's canonical user ids, which some clients check. */
export const OWNER: Readonly<{ ID: string; DisplayName: string }> = {
  ID: "ed6ee0e7a75e20d1e3f0c7a4f9f5f2c64f9a3b6d8c1e47f2b5a09d3c8e71f604",
  DisplayName: "edge-repro",
};
