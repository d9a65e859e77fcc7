// What the tests of storage share: an object's hooks with a real input gate, and one object's storage.

import { AsyncLocalStorage } from "node:async_hooks";
import { ManualClock } from "../../../lab/clock.ts";
import type { Section } from "../context.ts";
import { InputGate } from "../input_gate.ts";
import type { DurableObjectStorage } from "./api.ts";
import { memoryStorage } from "./folder.ts";
import type { ObjectStorage, StorageFolder, StorageHooks } from "./storage.ts";

/** An id that an object can have. */
export const ID: string = "0123456789abcdef".repeat(4);

/** Another one. */
export const OTHER_ID: string = "fedcba9876543210".repeat(4);

/** Hooks that note what they are told. */
export interface NotingHooks extends StorageHooks {
  clock: ManualClock;
  /** What `onAlarm` was told, in order. */
  alarms: (number | null)[];
  /** What `lockOutput` was given, in order. */
  outputs: Promise<unknown>[];
}

/** Hooks with a gate of their own; the clock stands at 1,000,000. */
export function notingHooks({ hasAlarmHandler = true } = {}): NotingHooks {
  const gate = new InputGate();
  const sections = new AsyncLocalStorage<Section>();
  const alarms: (number | null)[] = [];
  const outputs: Promise<unknown>[] = [];
  return {
    clock: new ManualClock(1_000_000),
    alarms,
    outputs,
    operate: (work) => {
      gate.hold();
      return new Promise((resolve) => resolve(work()));
    },
    lockInput: (work) =>
      gate.lock(sections.getStore(), (section) => sections.run(section, () => work())),
    lockOutput: (until) => void outputs.push(until),
    onAlarm: (atMs) => void alarms.push(atMs),
    hasAlarmHandler: () => hasAlarmHandler,
  };
}

/** One object's storage in a test. */
export interface TestObject {
  folder: StorageFolder;
  object: ObjectStorage;
  hooks: NotingHooks;
  storage: DurableObjectStorage;
}

/** Runs a test on the storage of a new object, and gives all of it back. */
export async function withObject(
  run: (given: TestObject) => unknown,
  folder: StorageFolder = memoryStorage(),
): Promise<void> {
  try {
    const object = folder.objectStorage("Test", ID);
    const hooks = notingHooks();
    await run({ folder, object, hooks, storage: object.open(hooks) });
  } finally {
    folder.close();
  }
}

/** What a call threw or rejected with, as `NAME: MESSAGE`; what it gave when it did not. */
export async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : error;
  }
}
