// What `serve` knows of each embedded server: its name, its usual port, its parameters, its maker.

import type { Clock } from "../lab/clock.ts";
import type { Params, ParamsSchema } from "../lab/params.ts";
import type { Server } from "./server.ts";

/** An embedded server as data. */
export interface ServerDefinition {
  /** In kebab-case, as `serve` takes it. */
  name: string;
  /** What it is, in a sentence. */
  summary: string;
  /** Where it listens when nobody says otherwise. */
  port: number;
  params: ParamsSchema;
  /** Parameters that take the URL of another server when both are started together. */
  wiring: Readonly<Record<string, string>>;
  /** Whether it must be able to close a connection before it answers. */
  connectionControl: boolean;
  create(params: Params, context: { clock: Clock }): Server;
}
