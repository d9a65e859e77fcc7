// The day that every Worker here is compatible with.

/** What the runtime does by default is that of this day, as where the Workers are deployed. */
export const COMPATIBILITY_DATE = "2026-11-17";
