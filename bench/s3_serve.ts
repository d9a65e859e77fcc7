// A child process that is our object store: `s3_serve.ts [FOLDER]`. Prints its port.

import { realClock } from "../lab/clock.ts";
import { listen } from "../servers/listen.ts";
import { openFolderStorage } from "../servers/object_store/folder_storage.ts";
import { createMemoryStorage } from "../servers/object_store/memory_storage.ts";
import { createObjectStore } from "../servers/object_store/object_store.ts";
import { DEMO_CREDENTIALS } from "../servers/s3/demo_credentials.ts";

/** Room for what 32 clients send in the time that is measured. */
const MAX_BYTES = 8 * 2 ** 30;

const [folder] = Deno.args;
const server = createObjectStore({
  storage: folder === undefined
    ? createMemoryStorage({ maxBytes: MAX_BYTES })
    : await openFolderStorage(folder),
  credentials: [DEMO_CREDENTIALS],
  // With the bug, reads of one object would wait for each other.
  variant: "fix",
  clock: realClock,
});
const { port } = await listen(server);
console.log(port);
