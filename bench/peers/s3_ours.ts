// Our object store, in a Deno process of its own.

import { Child } from "../process.ts";
import type { S3Peer } from "./s3_peer.ts";

/** Our object store in the variant `fix`, with its objects in memory or in a folder. */
export function ourStore(keeps: S3Peer["keeps"], name: string): S3Peer {
  return {
    name,
    keeps,
    version: () => Promise.resolve(Deno.version.deno),
    async start(folder) {
      const child = new Child(name, Deno.execPath(), [
        ...["run", "--no-prompt", "--allow-net=127.0.0.1"],
        ...[`--allow-read=${folder}`, `--allow-write=${folder}`],
        new URL("../s3_serve.ts", import.meta.url).pathname,
        ...(keeps === "files" ? [`${folder}/data`] : []),
      ]);
      return { child, port: Number(await child.line()) };
    },
  };
}
