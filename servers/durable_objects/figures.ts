// What the host tells of its objects in its figures, `edge-repro/stats@1`.

import type { Figures } from "../../lab/figures.ts";
import type { Counted } from "./context.ts";
import type { ObjectState } from "./events.ts";

/** What is told of one object. Counts are of its whole life, over all incarnations of this process. */
export interface ObjectFigures extends Record<Counted, number> {
  /** 64 hexadecimal digits. */
  id: string;
  /** The name that its id was made from, where it was. */
  name?: string;
  /** Its class. */
  className: string;
  /** Where it is in its life. */
  state: ObjectState;
  /** How often it was constructed, the first time included. */
  constructions: number;
  /** How often it was evicted. */
  evictions: number;
  /** How often it was constructed after an eviction or a reset. */
  reconstructions: number;
  /** Its open sockets: accepted with hibernation, and without. */
  sockets: {
    /** Accepted with `ctx.acceptWebSocket()`. */
    hibernatable: number;
    /** Accepted with `accept()`. */
    plain: number;
  };
  /** Why it is in memory, each a phrase; empty when nothing keeps it. */
  blockers: string[];
}

/** The figures of a host. */
export interface HostFigures extends Figures {
  /** Its objects, in the order in which they were first used. */
  objects: ObjectFigures[];
}
