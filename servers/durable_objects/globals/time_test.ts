import { assert, assertEquals } from "@std/assert";
import { START_MS, TestingObject, withObject } from "./testing_object.ts";
import { outsideClock } from "./object_time.ts";
import { pacedClock, realClock } from "../../../lab/clock.ts";
import { runAs } from "../context.ts";

const ISO = new Date(START_MS).toISOString();

Deno.test(
  "an object's dates are by its clock",
  withObject(async (object) => {
    assertEquals(object.run(() => Date.now()), START_MS);
    assertEquals(object.run(() => new Date().toISOString()), ISO);
    assertEquals(object.run(() => Date()), new Date(START_MS).toString());
    assertEquals(object.run(() => performance.now()), START_MS);
    assertEquals(object.run(() => performance.timeOrigin), 0);
    await object.clock.advance(1_500.7);
    assertEquals(object.run(() => [Date.now(), +new Date()]), [START_MS + 1_500, START_MS + 1_500]);
  }),
);

Deno.test(
  "dates with arguments, their statics, subclasses and clones are what they were",
  withObject((object) => {
    const before = Object.getPrototypeOf(new Date(0)).constructor;
    class Day extends Date {
      get day() {
        return this.getUTCDate();
      }
    }
    for (const run of [object.run.bind(object), <T>(callback: () => T) => callback()]) {
      run(() => {
        assertEquals(new Date(5).getTime(), 5);
        assertEquals(new Date(2020, 1).getMonth(), 1);
        assertEquals(Date.UTC(2020), Date.parse("2020-01-01T00:00:00Z"));
        assert(new Date() instanceof Date && new Date().constructor === Date);
        assert(new Date() instanceof before);
        assertEquals([Date.name, Date.length], ["Date", 7]);
        const clone = structuredClone(new Date(7));
        assert(clone instanceof Date && clone.getTime() === 7);
        const day = new Day(0);
        assert(day instanceof Day && day instanceof Date && day.day === 1);
      });
    }
    assertEquals(object.run(() => new Day().getTime()), START_MS);
  }),
);

Deno.test(
  "a class that was taken before the globals were installed tells an object's time too",
  async () => {
    const Taken = Date;
    await withObject((object) => assertEquals(object.run(() => Taken.now()), START_MS))();
  },
);

Deno.test(
  "outside of objects, and in the clock itself, time is the runtime's",
  withObject((object) => {
    assert(Math.abs(Date.now() - START_MS) > 1e9);
    assert(performance.timeOrigin > 0 && performance.now() < 1e12);
    const real = Object.assign(new TestingObject(), { clock: realClock });
    const before = Date.now();
    const seen = runAs({ object: real, over: false }, () => Date.now());
    assert(seen >= before - 1 && seen <= Date.now() + 1);
    const paced = outsideClock(pacedClock(1_000));
    const [inside, outside] = [object.run(() => paced.now()), paced.now()];
    assert(outside >= inside && outside - inside < 60_000, `${inside} ${outside}`);
  }),
);

Deno.test(
  "a host's clock of the runtime's timers makes no timer of the object's",
  withObject(async (object) => {
    const clock = outsideClock(realClock);
    await object.run(() => clock.sleep(1));
    const cancel = object.run(() => clock.setTimeout(() => {}, 1e6));
    cancel();
    assertEquals(object.sizes, []);
  }),
);
