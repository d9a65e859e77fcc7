// What of an observation proves nothing, for the properties of judges that need a queue.

import type { Data } from "../../lab/testing_judge.ts";

/** What of a queue is no proof that the readers waited behind one writer. */
export const NOT_QUEUED: readonly Data[] = [
  { originRequests: null },
  { originRequests: 0 },
  { originRequests: 2 },
  { originRequests: 9 },
  { answered: 1 },
  { writerAnswered: true },
  { waiting: 0 },
];

/** The observation with `change`, that of its queue merged into the queue it has. */
export const changed = (seen: Data, change: Data): Data => ({
  ...seen,
  ...change,
  ...("queue" in change && { queue: { ...(seen.queue as Data), ...(change.queue as Data) } }),
});
