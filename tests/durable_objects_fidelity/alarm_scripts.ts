// What the objects do that have alarms, each by the name of its script.

import { type Script, type Scripts, wait } from "./bench.ts";
import { shown } from "./outcome.ts";

/** Sets an alarm that is due in so many milliseconds. */
export const setsAlarm = (ms: number): Script => ({
  request: ({ ctx }) => ctx.storage.setAlarm(Date.now() + ms),
});

const notesAlarm: Script["alarm"] = async ({ ctx, note }, { retryCount, isRetry }) =>
  note(`alarm ${shown({ retryCount, isRetry })}, getAlarm ${await ctx.storage.getAlarm()}`);

/** Scripts with alarms. */
export const alarmScripts: Scripts = {
  "alarm fires": { ...setsAlarm(20), alarm: notesAlarm },
  "alarm in the past": {
    alarm: notesAlarm,
    request: async ({ ctx }) => {
      await ctx.storage.setAlarm(5);
      const at = await ctx.storage.getAlarm();
      return at !== null && Math.abs(at - Date.now()) < 1_000;
    },
  },
  "alarm throws": {
    ...setsAlarm(1),
    async alarm(bench, info) {
      const first = bench.ctx.storage.kv.get<number>("first") ?? Date.now();
      bench.ctx.storage.kv.put("first", first);
      await bench.ctx.storage.put("runs", info.retryCount + 1);
      const expected = 2_000 * (2 ** info.retryCount - 1);
      const sinceMs = Date.now() - first;
      const due = sinceMs >= expected * 0.8 && sinceMs <= expected * 1.25 + 1_500;
      await notesAlarm?.(bench, info);
      bench.note(`in time ${due}, stored ${await bench.ctx.storage.get("runs")}`);
      throw new Error("in alarm");
    },
  },
  "alarm aborts": {
    ...setsAlarm(1),
    alarm({ ctx, note, incarnation }, { retryCount }) {
      note(`alarm ${retryCount}, incarnation ${incarnation}`);
      if (retryCount === 0) ctx.abort("why");
    },
  },
  "alarm takes itself back and throws": {
    ...setsAlarm(1),
    async alarm(bench, info) {
      await notesAlarm?.(bench, info);
      await bench.ctx.storage.deleteAlarm();
      throw new Error("in alarm");
    },
  },
  "alarm sets another and throws": {
    ...setsAlarm(1),
    async alarm(bench, info) {
      await notesAlarm?.(bench, info);
      if (bench.ctx.storage.kv.get("again")) return;
      bench.ctx.storage.kv.put("again", true);
      await bench.ctx.storage.setAlarm(Date.now() + 100);
      throw new Error("in alarm");
    },
  },
  "alarm sets another and returns": {
    ...setsAlarm(1),
    async alarm(bench, info) {
      await notesAlarm?.(bench, info);
      if (bench.ctx.storage.kv.get("again")) return;
      bench.ctx.storage.kv.put("again", true);
      await bench.ctx.storage.setAlarm(Date.now() + 100);
    },
  },
  "alarm, taken back": {
    alarm: notesAlarm,
    async request({ ctx }) {
      await ctx.storage.setAlarm(Date.now() + 30);
      await ctx.storage.deleteAlarm();
      return await ctx.storage.getAlarm();
    },
  },
  "alarm, set twice": {
    alarm: notesAlarm,
    async request({ ctx }) {
      await ctx.storage.setAlarm(Date.now() + 10);
      await ctx.storage.setAlarm(Date.now() + 60);
    },
  },
  "alarm, another set while it runs": {
    ...setsAlarm(1),
    async alarm(bench, info) {
      bench.note("begins");
      if (bench.ctx.storage.kv.get("again") === undefined) {
        bench.ctx.storage.kv.put("again", true);
        await bench.ctx.storage.setAlarm(Date.now() + 10);
        await wait(100);
      }
      bench.note(`ends ${info.retryCount}`);
    },
  },
};
