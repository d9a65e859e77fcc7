// The list of servers that are measured beside each other.

import { denoPeer } from "./deno.ts";
import { nginx } from "./nginx.ts";
import type { Peer } from "./peer.ts";
import { varnish } from "./varnish.ts";

/** Ours in both variants, then what it is measured against. */
export const peers: readonly Peer[] = [
  denoPeer("fix", "our proxy, fix"),
  denoPeer("bug", "our proxy, bug"),
  denoPeer("bare", "bare Deno.serve handler"),
  nginx,
  varnish,
];
