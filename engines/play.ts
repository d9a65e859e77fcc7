// How an engine plays the role that a scenario or a server asks for, with that role's own settings.

import type { RoleSettings } from "../lab/role.ts";
import type { Engine, Launch, Place, RolePlay } from "./engine.ts";

/** A role and what whoever plays it is told. */
export type Part<R extends keyof RoleSettings = keyof RoleSettings> = {
  [Each in R]: {
    /** The role. */
    role: Each;
    /** What it is to be configured with. */
    settings: RoleSettings[Each];
  };
}[R];

/** What is the same of an engine's play whatever the role. */
export type AnyPlay = Omit<RolePlay<never>, "launch" | "applies"> & {
  /** The names of the settings that it takes over. */
  applies: readonly string[];
};

/** How an engine plays a role; undefined where it does not. */
export function playOf(engine: Engine, role: string): AnyPlay | undefined {
  return engine.plays[role as keyof RoleSettings];
}

/** The engine's configuration for a part, by where it runs; undefined where it cannot play it. */
export function launcherOf<R extends keyof RoleSettings>(
  { plays }: Engine,
  { role, settings }: Part<R>,
): ((place: Place) => Launch) | undefined {
  const play: RolePlay<RoleSettings[R]> | undefined = plays[role];
  return play && ((place) => play.launch(settings, place));
}
