// What the tests of all installed engines share: each engine in turn, and that nothing of it stays.

import { assert, assertEquals } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import type { Role } from "../lab/role.ts";
import { type Engine, type Launch, type Place, rolesOf } from "./engine.ts";
import { engines } from "./engines.ts";
import { findEngine, type Found } from "./find.ts";
import { type Running, startEngine } from "./start.ts";
import { assertGone, assertRefused, exists } from "./testing_engine.ts";

/** An engine that is here. */
export interface Installed {
  /** What it is. */
  engine: Engine;
  /** Where it was found. */
  found: Found;
}

/**
 * A test of each engine that is installed, and the name of a test for each that is not.
 *
 * @param role Only engines that play it.
 */
export async function testEach(
  what: string,
  role: Role | undefined,
  fn: (installed: Installed) => Promise<void>,
): Promise<void> {
  for (const engine of engines.filter((one) => role === undefined || rolesOf(one).includes(role))) {
    const found = await findEngine(engine);
    if (found === undefined) {
      console.warn(`NOT TESTED: ${engine.title} is not installed (${engine.install}): ${what}`);
    }
    Deno.test({
      name: found
        ? `${engine.name}: ${what}`
        : `NOT TESTED, ${engine.title} is not installed: ${engine.name}: ${what}`,
      ignore: found === undefined,
      async fn() {
        assert(found);
        await fn({ engine, found });
      },
    });
  }
}

/** Shared memory is not in the folder: by our convention its name has the port. */
export function sharedMemory(port: number): string[] {
  return [...Deno.readDirSync("/dev/shm")].map(({ name }) => `/dev/shm/${name}`)
    .filter((path) => path.includes(String(port))).sort();
}

/** Where an engine was started, and with what. */
export interface Started {
  /** Its folder and port. */
  place: Place;
  /** Its configuration. */
  plan: Launch;
}

/**
 * Starts an engine, which ends with the scope.
 *
 * @param started Takes where and with what it was started, each time that it was tried.
 * @param onLine Takes each line that it prints.
 */
export function startNoted(
  { engine, found }: Installed,
  launch: (place: Place) => Launch,
  scope: AsyncDisposableStack,
  started: Started[],
  onLine: (line: string) => void = () => {},
): Promise<Running> {
  return startEngine(engine, found, {
    launch(place) {
      const plan = launch(place);
      started.push({ place, plan });
      return plan;
    },
    onLine,
    clock: realClock,
    scope,
    signal: new AbortController().signal,
  });
}

/** Fails when anything of a stopped engine is still there: folder, process, port, shared memory. */
export async function assertNothingLeft({ place, plan }: Started): Promise<void> {
  const { folder, port } = place;
  assertEquals(await exists(folder), false, folder);
  await assertGone(folder);
  await assertRefused(port);
  assertEquals(sharedMemory(port), []);
  for (const path of plan.outside ?? []) assertEquals(await exists(path), false, path);
}
