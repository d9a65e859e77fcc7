// A client that leaves while its upload, or its download, is under way.

import { connect } from "node:net";
import { until } from "../../engines/testing_engine.ts";
import { figureOf } from "../../engines/testing_gateway.ts";
import { BUCKET } from "../../servers/object_store/testing_store.ts";
import { STATS_PATH } from "../../servers/server.ts";
import type { Outcomes } from "./experiments.ts";
import { type Rig, signed } from "./requests.ts";

const HALF = new Uint8Array(1 << 20);

/** Sends half of an upload and leaves when it has begun to arrive at the store. */
export async function leaving(rig: Rig): Promise<Outcomes> {
  const { side: { url }, behind: { tap, store } } = rig;
  const { headers } = await signed(rig, {
    method: "PUT",
    path: "left",
    headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
  });
  const fields = [["host", url.host], ["content-length", String(2 * HALF.length)], ...headers];
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const socket = connect({ host: url.hostname, port: Number(url.port) });
  socket.on("error", () => {}); // It is ended from here.
  socket.write(`PUT /front/left HTTP/1.1\r\n${head}\r\n`);
  socket.write(HALF);
  const isOurs = (target: string) => target === `/${BUCKET}/left`;
  await tap.wait(({ target }) => isOurs(target));
  await until(() =>
    Promise.resolve(tap.requests.some((one) => isOurs(one.target) && one.bodyBytes > 0))
  );
  socket.destroy();
  const { ended, framingText } = await tap.wait((one) =>
    isOurs(one.target) && one.ended !== undefined
  );
  // Nothing is left of it.
  await until(async () => await figureOf(url, STATS_PATH, "upstreams") === 0);
  return {
    "a client that leaves in its upload": `${framingText}, ${ended}`,
    "a client that leaves in its upload, stored": String(
      store.storage.object(BUCKET, "left")?.sizeBytes,
    ),
  };
}
