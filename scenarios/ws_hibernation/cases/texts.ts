// What several cases say of themselves in the same words.

/** The report. */
export const SEED = "report: Durable Object WebSocket hibernation";

/** The vendor's manual. */
export const MANUAL = "Cloudflare Durable Objects, WebSocket Hibernation API";

/** How a case is judged in which answers are waited for, for `describe`. */
export const RULE =
  "pass: all come within the threshold, and a new instance of the object shows that it slept. fail: one " +
  "does not come at all though the connection stays open, whether or not the object slept. " +
  "inconclusive: it never slept, an answer was late, something else came in its place, or the " +
  "connection was closed meanwhile.";

/** What `bug` means to whoever runs a server. */
export const DEAF =
  "Clients whose object has slept talk to a server that hears them and is never " +
  "heard: they see an open connection on which nothing comes any more.";
