// What `serve` knows of each embedded server: its name, its usual port, its parameters, its maker.

import type { Clock } from "../lab/clock.ts";
import type { Params, ParamsSchema } from "../lab/params.ts";
import type { RoleSettings } from "../lab/role.ts";
import type { Server } from "./server.ts";

/** How a parameter takes the URL of another server. */
export interface Wiring {
  /** The other server's name. */
  server: string;
  /** Parameters that say the same in another way: with one of these given nothing is wired. */
  unless?: readonly string[];
}

/** A role that a server plays, with what a product that takes its place is told. */
export type StandIn = {
  [R in keyof RoleSettings]: {
    /** The role. */
    role: R;
    /** The product's settings, from the server's parameters. */
    settings(params: Params): RoleSettings[R];
    /**
     * The parameters that every product takes. Of the others it takes those that have the name of a
     * setting that it applies.
     */
    always: readonly string[];
  };
}[keyof RoleSettings];

/** An embedded server as data. */
export interface ServerDefinition {
  /** In kebab-case, as `serve` takes it. */
  name: string;
  /** What it is, in a sentence. */
  summary: string;
  /** Where it listens when nobody says otherwise. */
  port: number;
  params: ParamsSchema;
  /** By parameter: the server whose URL it takes when both are started together. */
  wiring: Readonly<Record<string, Wiring>>;
  /** Whether it must be able to close a connection before it answers. */
  connectionControl: boolean;
  /** How a real product can take its place; left out where none can. */
  standIn?: StandIn;
  create(params: Params, context: { clock: Clock }): Server;
}
