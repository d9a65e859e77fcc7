// What `serve` knows of each embedded server: its name, its usual port, its parameters, its maker.

import type { Clock } from "../lab/clock.ts";
import type { Params, ParamsSchema } from "../lab/params.ts";
import type { RoleSettings } from "../lab/role.ts";
import type { Server } from "./server.ts";

/** How a parameter takes the URL of another server. */
export interface Wiring {
  /** The other server's name. */
  server: string;
  /** What is added to that URL: a path. */
  path?: string;
  /** Parameters that say the same in another way: with one of these given nothing is wired. */
  unless?: readonly string[];
}

/** A role, with what whoever plays it is configured with. */
type Part = {
  [R in keyof RoleSettings]: { role: R; settings: RoleSettings[R] };
}[keyof RoleSettings];

/** The name of a setting of any role. */
type SettingName = { [R in keyof RoleSettings]: keyof RoleSettings[R] }[keyof RoleSettings];

/** A role that a server plays, with what a product that takes its place is told. */
export interface StandIn {
  /** The role. */
  role: keyof RoleSettings;
  /**
   * The role again with the product's settings, from the server's parameters.
   *
   * @throws {UsageError} for what a product cannot be told.
   */
  part(params: Params): Part;
  /**
   * The parameters that every product takes. Of the others it takes those that have the name of a
   * setting that it applies, or go into one.
   */
  always: readonly string[];
  /** By parameter: the setting that it goes into, where that has another name. */
  into?: Readonly<Record<string, SettingName>>;
}

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
  /**
   * Makes the server.
   *
   * @param context.warn Takes a line that whoever runs it should see.
   * @param context.notice Takes a line that whoever runs it may want to see. Default: nobody.
   */
  create(
    params: Params,
    context: { clock: Clock; warn(message: string): void; notice?(message: string): void },
  ): Server | Promise<Server>;
}
