// What the judges of controls pass, fail and cannot tell.

import { assertEquals } from "@std/assert";
import { examples } from "../../lab/testing_judge_examples.ts";
import { type AlarmWake, type Ended, judgeAlarmWake, judgeStale, type Stale } from "./alarms.ts";
import type { Asked } from "./asked.ts";
import { type Attachment, judgeAttachment } from "./attachment.ts";
import { type AutoResponse, judgeAutoResponse } from "./auto_response.ts";
import { type Closing, judgeClosing } from "./closing.ts";
import {
  answered,
  awake,
  closed,
  lost,
  params,
  slept,
  sleptByFigures,
  told,
  toldByWorker,
  unseen,
} from "./testing_observations.ts";
import { judgeTimer, type Timer } from "./timer.ts";
import { toldOf } from "./told.ts";

const attachment = (change: Partial<Attachment>) =>
  judgeAttachment({
    ...{ asked: answered("message", 3), same: true, sleep: slept, sent: 1, told: null },
    ...change,
  });
const lostEcho = { asked: lost("message"), same: null, sleep: sleptByFigures };

examples("judgeAttachment", {
  "metadata that is still there passes": [
    "pass",
    /^after 45 s of silence the connection's id and metadata were as before, told by a new instance$/,
    attachment({}),
  ],
  "metadata that is not fails": ["fail", /were lost or changed$/, attachment({ same: false })],
  "an echo that does not tell cannot": [
    "inconclusive",
    /does not tell/,
    attachment({ same: null }),
  ],
  "an object that never slept proves nothing": [
    "inconclusive",
    /never slept/,
    attachment({ sleep: awake }),
  ],
  "where the echo is lost, the figures tell": [
    "pass",
    /^the echo was lost, but by its figures the object found what was attached/,
    attachment({ ...lostEcho, told: told() }),
  ],
  "also that it was not there": [
    "fail",
    /by its figures the object found nothing attached/,
    attachment({ ...lostEcho, told: told({ attachmentsRestored: 0 }) }),
  ],
  "but not where the message never came": [
    "inconclusive",
    /0 of 1 messages arrived/,
    attachment({ ...lostEcho, told: told({ received: 0, attachmentsRestored: 0 }) }),
  ],
  "a Worker does not tell": [
    "inconclusive",
    /no figures tell of attachments \(--stats-url\)/,
    attachment({ ...lostEcho, told: toldByWorker() }),
  ],
  "a connection that was closed cannot tell": [
    "inconclusive",
    /was closed 700 ms after/,
    attachment({ asked: closed("message") }),
  ],
});

const auto = (change: Partial<AutoResponse>) =>
  judgeAutoResponse({
    ...{ auto: answered("auto ping", 2), pauseMs: 5_000, told: null },
    ...{ ping: answered("ping", 20), ageMs: 12, sleep: slept },
    ...change,
  }, params);

/** An answer to a ping that was sent so long after the auto-response was asked for. */
const pingAfter = (afterMs: number): Asked => ({
  ...{ kind: "answered", what: "ping", sentAtMs: 1_000 + afterMs, wrong: null },
  answeredAtMs: 1_000 + afterMs + 3,
});

examples("judgeAutoResponse", {
  "an answer without a wake passes": [
    "pass",
    /came within 2 ms, and the object slept on: a ping 5 s later was answered by an instance that was 12 ms old$/,
    auto({}),
  ],
  "one that wakes the object fails": [
    "fail",
    /woken by it: .* an instance that was 5\.01 s old$/,
    auto({ ageMs: 5_010, ping: pingAfter(5_012) }),
  ],
  "an object that was awake before it was not woken by it": [
    "inconclusive",
    /but the object was awake already, 7 s old in the end: something else had woken it/,
    auto({ ageMs: 7_000, ping: pingAfter(5_012) }),
  ],
  "nor is one whose alarm may have woken it": [
    "inconclusive",
    /constructed anew, and by its figures that may have been for its alarm/,
    auto({
      ...{ ping: lost("ping"), ageMs: null, sleep: unseen },
      told: told({ alarms: 1, reconstructions: 1 }),
    }),
  ],
  "none at all fails": [
    "fail",
    /^no auto-response came for 20 s/,
    auto({ auto: lost("auto ping") }),
  ],
  "late is not lost": ["inconclusive", /late/, auto({ auto: answered("auto ping", 5_100) })],
  "an object that never slept proves nothing": [
    "inconclusive",
    /never slept/,
    auto({ sleep: awake }),
  ],
  "figures tell as well, where the ping is lost": [
    "pass",
    /by its figures the object slept on$/,
    auto({ ping: lost("ping"), ageMs: null, sleep: unseen, told: told({ reconstructions: 0 }) }),
  ],
  "also that it was woken": [
    "fail",
    /constructed anew for it$/,
    auto({ ping: lost("ping"), ageMs: null, sleep: unseen, told: told({ reconstructions: 1 }) }),
  ],
  "and that it never slept": [
    "inconclusive",
    /never slept/,
    auto({ told: told({ evictions: 0, reconstructions: 0 }) }),
  ],
  "without either nothing tells": [
    "inconclusive",
    /cannot be seen/,
    auto({ ping: lost("ping"), ageMs: null, sleep: unseen, told: toldByWorker() }),
  ],
  "without an age nothing tells": ["inconclusive", /cannot be seen/, auto({ ageMs: null })],
  "a connection that was closed cannot tell": [
    "inconclusive",
    /was closed/,
    auto({ auto: closed("auto ping") }),
  ],
});

const alarm = (change: Partial<AlarmWake>) =>
  judgeAlarmWake({
    ...{ silentMs: 65_000, before: "a", told: null },
    ...{ asked: answered("status", 3), alarms: 1, alarmInstance: "b" },
    ...change,
  });
const lostStatus = { asked: lost("status"), alarms: null, alarmInstance: null };

examples("judgeAlarmWake", {
  "an alarm in a new instance passes": [
    "pass",
    /^in 65 s of silence the alarm ran \(1 in all\), in an instance that it had woken$/,
    alarm({}),
  ],
  "none fails": ["fail", /^no alarm ran in 65 s/, alarm({ alarms: 0, alarmInstance: null })],
  "one in the same instance proves nothing": [
    "inconclusive",
    /never slept/,
    alarm({ alarmInstance: "a" }),
  ],
  "nor does one of which no instance is known": [
    "inconclusive",
    /no instance is named/,
    alarm({ before: null }),
  ],
  "figures tell, where the status is lost": [
    "pass",
    /^by its figures the alarm ran .* for which the object was constructed anew$/,
    alarm({ ...lostStatus, told: told({ alarms: 1 }) }),
  ],
  "also that none ran": ["fail", /no alarm ran/, alarm({ ...lostStatus, told: told() })],
  "and that it never slept": [
    "inconclusive",
    /never slept/,
    alarm({ ...lostStatus, told: told({ alarms: 1, reconstructions: 0 }) }),
  ],
  "without either nothing tells": [
    "inconclusive",
    /was lost, and no figures/,
    alarm({ ...lostStatus, told: toldByWorker({ alarms: 1 }) }),
  ],
  "a status of another kind cannot tell": [
    "inconclusive",
    /does not tell of alarms/,
    alarm({ alarms: null }),
  ],
  "a connection that was closed cannot tell": [
    "inconclusive",
    /was closed/,
    alarm({ ...lostStatus, asked: closed("status") }),
  ],
});

const end = (afterMs: number, change: Partial<Ended> = {}): Ended => ({
  ...{ code: 4408, reason: "no heartbeat", afterMs },
  ...change,
});

const stale = (change: Partial<Stale>) =>
  judgeStale({
    ...{ silent: end(60_010), live: null, heartbeats: 4, timeoutMs: 60_000 },
    ...{ cleanupMs: 60_000, waitedMs: 65_010 },
    ...change,
  }, params);

examples("judgeStale", {
  "the silent one is closed with a reason, the live one is not": [
    "pass",
    /^the silent client was closed after 60 s \(code 4408, reason 'no heartbeat'\); the live one, which had sent 4/,
    stale({}),
  ],
  "any code will do that is one": [
    "pass",
    /code 1000/,
    stale({ silent: end(60_010, { code: 1000 }) }),
  ],
  "a silent one that stays fails": ["fail", /was not closed for 65/, stale({ silent: null })],
  "a live one that is closed fails": [
    "fail",
    /^the live client was closed/,
    stale({ live: end(60_010) }),
  ],
  "one that is closed early fails": ["fail", /after 30 s already/, stale({ silent: end(30_000) })],
  "one that is closed late is late": [
    "inconclusive",
    /^late, but not for ever: .* after 130 s \(heartbeat timeout 60 s, looked at every 60 s, threshold 5 s\)$/,
    stale({ silent: end(130_000) }),
  ],
  "no code fails": [
    "fail",
    /without a code/,
    stale({ silent: end(60_010, { code: 1005, reason: "" }) }),
  ],
  "no reason fails": ["fail", /without a reason/, stale({ silent: end(60_010, { reason: "" }) })],
  "one that broke cannot tell": [
    "inconclusive",
    /broke without a close frame/,
    stale({ silent: end(60_010, { code: 1006, reason: "" }) }),
  ],
  "one whose target goes cannot tell": [
    "inconclusive",
    /because it went \(code 1012, reason 'restart'\)/,
    stale({ live: end(20_000, { code: 1012, reason: "restart" }) }),
  ],
  "without heartbeats nothing tells": ["inconclusive", /no heartbeat/, stale({ heartbeats: 0 })],
});

const closing = (change: Partial<Closing>) =>
  judgeClosing({
    ...{ how: "closed", closed: { code: 1000, tookMs: 4 }, asked: answered("status", 3) },
    ...{ connections: 1, closes: 1, sleep: slept, told: null },
    ...change,
  }, params);
const lostTelling = {
  asked: lost("status"),
  connections: null,
  closes: null,
  sleep: sleptByFigures,
};

examples("judgeClosing", {
  "a close that leaves nothing passes": [
    "pass",
    /^the client closed after 45 s of silence; the close handler ran and nothing .* by its status; the object had slept$/,
    closing({}),
  ],
  "a connection that stays fails": [
    "fail",
    /^the connection that was closed is still among the object's 2/,
    closing({ connections: 2 }),
  ],
  "a close handler that does not run fails": ["fail", /did not run/, closing({ closes: 0 })],
  "a close that is not answered fails": ["fail", /was not answered/, closing({ closed: null })],
  "nor is one that is cut": [
    "fail",
    /was not answered .* after 2 s/,
    closing({ closed: { code: 1006, tookMs: 2_000 } }),
  ],
  "but one that is answered late is": [
    "inconclusive",
    /^late, but not lost: the client's close frame was answered after 6 s \(threshold 5 s\)/,
    closing({ closed: { code: 1000, tookMs: 6_000 } }),
  ],
  "who vanished need not be told of as closed": [
    "pass",
    /^the client vanished .*; no close handler ran/,
    closing({ how: "vanished", closed: null, closes: 0 }),
  ],
  "but must not stay": [
    "fail",
    /^the connection that was cut is still among the object's 2, by its status$/,
    closing({ how: "vanished", closed: null, connections: 2 }),
  ],
  "figures tell, where the status is lost": [
    "pass",
    /nothing of the connection was left, by its figures; the object had slept$/,
    closing({ ...lostTelling, told: told({ closes: 1 }) }),
  ],
  "also of one that stays": [
    "fail",
    /is still among the object's 2, by its figures$/,
    closing({ ...lostTelling, told: told({ closes: 1, sockets: 2 }) }),
  ],
  "without either nothing tells": ["inconclusive", /no figures tell/, closing(lostTelling)],
  "an object that never slept proves nothing": [
    "inconclusive",
    /never slept/,
    closing({ sleep: awake }),
  ],
  "the one that stayed must stay": [
    "inconclusive",
    /as well/,
    closing({ asked: closed("status") }),
  ],
});

const kept = (change: Partial<Timer["held"]>): Timer["held"] => ({
  ...{ asked: answered("ping", 3), sleep: awake, told: null },
  ...change,
});
const timer = (change: Partial<Timer>) =>
  judgeTimer({
    ...{ hold: answered("hold", 3), held: kept({}), free: kept({ sleep: slept }) },
    ...change,
  });
const blockers = ["1 `setInterval` created at echo.ts:1"];
const notEvicted = { ...unseen, reconstructions: 0 };

examples("judgeTimer", {
  "an object with an interval stays while another one goes": [
    "pass",
    /^in 45 s of silence an object with a pending interval was not evicted, while one without was$/,
    timer({}),
  ],
  "figures say why": [
    "pass",
    /; the figures say why: 1 `setInterval` created at echo\.ts:1$/,
    timer({ held: kept({ told: told({ blockers }) }) }),
  ],
  "figures that could and do not, fail": [
    "fail",
    /its figures name nothing that keeps it/,
    timer({ held: kept({ told: told({ blockers: [] }) }) }),
  ],
  "one that is evicted fails": [
    "fail",
    /evicted all the same/,
    timer({ held: kept({ sleep: slept }) }),
  ],
  "where the other one stays as well nothing is proved": [
    "inconclusive",
    /^the object without a timer: it never slept/,
    timer({ free: kept({ sleep: awake }) }),
  ],
  "answers that are lost leave it to the figures": [
    "pass",
    /say why/,
    timer({
      hold: lost("hold"),
      held: kept({ asked: lost("ping"), sleep: notEvicted, told: told({ blockers }) }),
      free: kept({ asked: lost("ping"), sleep: sleptByFigures }),
    }),
  ],
  "without these nothing tells": [
    "inconclusive",
    /no figures tell whether it arrived/,
    timer({ hold: lost("hold"), held: kept({ sleep: unseen }) }),
  ],
  "nor where they do not tell of evictions": [
    "inconclusive",
    /cannot be seen/,
    timer({ held: kept({ asked: lost("ping"), sleep: unseen }) }),
  ],
  "a connection that was closed cannot tell": [
    "inconclusive",
    /was closed/,
    timer({ held: kept({ asked: closed("ping") }) }),
  ],
});

Deno.test("figures tell of the object that was asked for, also where they do not know its name", () => {
  const all = [{ name: "other", received: 9 }, { name: "own", received: 2, evictions: 1 }];
  assertEquals([toldOf(all, "own")?.received, toldOf(all, "own")?.evictions], [2, 1]);
  assertEquals(toldOf(all, "third"), null);
  assertEquals(toldOf([{ received: 4 }], "own")?.received, 4);
  assertEquals(toldOf([{ name: "other", received: 4 }], "own"), null);
  assertEquals([toldOf(undefined, "own"), toldOf([], "own"), toldOf([7], "own")], [
    null,
    null,
    null,
  ]);
  const sockets = { hibernatable: 2, plain: 1 };
  const odd = toldOf([{ received: "many", sockets, blockers: ["why"] }], "own");
  assertEquals([odd?.received, odd?.sockets, odd?.blockers], [null, 3, ["why"]]);
});
