// The alarm of an object: what it may be set to, what the object sees of it, what the host keeps.

import { assertEquals } from "@std/assert";
import { ID, notingHooks, outcome, withObject } from "./testing_storage.ts";

Deno.test("an alarm is set, seen, set anew and taken back, and the host is told", () =>
  withObject(async ({ storage, object, hooks }) => {
    assertEquals(await storage.getAlarm(), null);
    await storage.deleteAlarm();
    await storage.setAlarm(new Date(2_000_000));
    assertEquals(await storage.getAlarm(), 2_000_000);
    assertEquals(object.alarm, { atMs: 2_000_000, retryCount: 0, running: false });
    await storage.setAlarm(3_000_000.7);
    await storage.deleteAlarm();
    assertEquals(await storage.getAlarm(), null);
    assertEquals(object.alarm, undefined);
    assertEquals(hooks.alarms, [2_000_000, 3_000_000, null]);
  }));

Deno.test("a time in the past is now; what is no time is refused as workerd was measured to", () =>
  withObject(async ({ storage, object }) => {
    await storage.setAlarm(1000);
    assertEquals(await storage.getAlarm(), 1_000_000);
    const type =
      "TypeError: Failed to execute 'setAlarm' on 'DurableObjectStorage': parameter 1 is not of type 'date'.";
    const invalid = "TypeError: The value cannot be converted because it is not a valid Date.";
    const past = "TypeError: setAlarm() cannot be called with an alarm time <= 0";
    const far = "TypeError: This API doesn't support dates after 2189.";
    const refused: [unknown, string][] = [
      [undefined, type],
      ["x", type],
      [null, type],
      [true, type],
      [10n, type],
      [NaN, invalid],
      [Infinity, invalid],
      [new Date(NaN), invalid],
      [0, past],
      [-1, past],
      [9_223_372_036_855, far],
    ];
    for (const [given, message] of refused) {
      assertEquals(await outcome(() => Reflect.apply(storage.setAlarm, storage, [given])), message);
    }
    await storage.setAlarm(9_223_372_036_854);
    const without = object.open(notingHooks({ hasAlarmHandler: false }));
    assertEquals(
      await outcome(() => without.setAlarm(2_000_000)),
      "TypeError: Your Durable Object class must have an alarm() handler in order to call setAlarm()",
    );
    assertEquals(await without.getAlarm(), 9_223_372_036_854);
  }));

Deno.test("while its handler runs there is none to see, and a new one replaces it", () =>
  withObject(async ({ storage, object, hooks }) => {
    await storage.setAlarm(2_000_000);
    object.keepAlarm({ atMs: 2_000_000, retryCount: 1, running: true });
    assertEquals(await storage.getAlarm(), null);
    assertEquals(object.alarm?.running, true);
    await storage.setAlarm(3_000_000);
    assertEquals(object.alarm, { atMs: 3_000_000, retryCount: 0, running: false });
    assertEquals(hooks.alarms, [2_000_000, 3_000_000]);
  }));

Deno.test("what the host keeps of an alarm is not undone by what the object undoes", () =>
  withObject(async ({ storage, object, hooks }) => {
    await storage.setAlarm(2_000_000);
    await storage.transaction(async (transaction) => {
      await transaction.setAlarm(3_000_000);
      object.keepAlarm({ atMs: 2_000_000, retryCount: 2, running: true });
      await transaction.setAlarm(4_000_000);
      transaction.rollback();
    });
    assertEquals(object.alarm, { atMs: 2_000_000, retryCount: 2, running: true });
    object.keepAlarm(undefined);
    object.rollBack();
    assertEquals(object.alarm, undefined);
    assertEquals(await object.open(hooks).getAlarm(), null);
  }));

Deno.test("in memory an alarm alone costs no database, nor does reading", () =>
  withObject(async ({ storage, folder, object }) => {
    await storage.setAlarm(2_000_000);
    await storage.transaction(async (transaction) => {
      assertEquals(await transaction.get("a"), undefined);
      assertEquals((await transaction.list()).size, 0);
      await transaction.delete("a");
    });
    assertEquals(Reflect.get(object, "database").opened, undefined);
    assertEquals(folder.objectStorage("Test", ID), object);
    assertEquals(folder.alarms(), []);
  }));
