// Varnish as it comes, with room for the readers: it collapses requests by default.

import { Child } from "../process.ts";
import { freePort, type Peer, versionOf, whenListening } from "./peer.ts";

/** Parameters that differ from Varnish's defaults: nothing may time out while readers wait. */
const PARAMETERS = [
  "first_byte_timeout=600",
  "between_bytes_timeout=600",
  "timeout_idle=600",
  "listen_depth=4096",
];

/** Varnish. */
export const varnish: Peer = {
  name: "Varnish",
  ours: false,
  version: () => versionOf("varnishd", "-V"),
  async start({ originPort, folder }) {
    const port = freePort();
    const child = new Child("Varnish", "varnishd", [
      ...["-F", "-j", "none", "-n", folder],
      ...["-a", `127.0.0.1:${port}`, "-b", `127.0.0.1:${originPort}`, "-s", "malloc,64m"],
      ...PARAMETERS.flatMap((one) => ["-p", one]),
    ]);
    return await whenListening(child, port);
  },
};
