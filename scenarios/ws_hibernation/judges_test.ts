// What the judges of discriminating cases pass, fail and cannot tell.

import { examples } from "../../lab/testing_judge_examples.ts";
import { type Broadcast, judgeBroadcast } from "./broadcast.ts";
import { judgeOrder, type Order } from "./order.ts";
import { judgePush, type Push } from "./push.ts";
import { judgeReplies, type Phase, type Replies } from "./replies.ts";
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

const well = [answered("ping", 3), answered("heartbeat", 4), answered("message", 5)];
const deaf = [lost("ping"), lost("heartbeat"), lost("message")];
const first = (asked: Phase["asked"] = well): Phase => ({ silentMs: 0, asked });
const second = (asked: Phase["asked"] = well): Phase => ({ silentMs: 45_000, asked });

const replies = (change: Partial<Replies>) =>
  judgeReplies({
    phases: [first(), second()],
    ...{ strays: [], sleep: slept, sent: 6, told: null },
    ...change,
  }, params);

examples("judgeReplies", {
  "requests that are answered before and after a sleep pass": [
    "pass",
    /^ping, heartbeat and message: answered within 5 ms right after the welcome and within 5 ms after 45 s of silence, by a new instance \(threshold 5 s\)$/,
    replies({}),
  ],
  "an answer at the very threshold passes": [
    "pass",
    /within 5 s after 45 s/,
    replies({ phases: [first(), second([answered("ping", 5_000)])] }),
  ],
  "one that is late is not lost, and its time is told": [
    "inconclusive",
    /^late, but not lost: a message was answered after 5\.1 s \(threshold 5 s\)/,
    replies({ phases: [first(), second([...well, answered("message", 5_100)])] }),
  ],
  "lost answers fail in both phases, slept or not": [
    "fail",
    /^right after the welcome 3 of 3 requests got no answer \(ping, heartbeat and message\), and after 45 s of silence 3 of 3 .* open, and the longest wait was 20 s \(threshold 5 s\); the object had not been evicted; whether it got them is not known \(--stats-url\)$/,
    replies({ phases: [first(deaf), second(deaf)], sleep: awake }),
  ],
  "the reason says which phase failed, and after which silence answers stopped": [
    "fail",
    /^right after the welcome all 3 requests were answered, but after 45 s of silence 3 of 3 requests got no answer .*; whether the object had been evicted cannot be seen/,
    replies({ phases: [first(), second(deaf)], sleep: unseen }),
  ],
  "one lost answer of three fails": [
    "fail",
    /after 45 s of silence 1 of 3 requests got no answer \(heartbeat\)/,
    replies({
      phases: [first(), second([answered("ping", 3), lost("heartbeat"), answered("message", 3)])],
    }),
  ],
  "messages that never got there are told apart": [
    "fail",
    /; by its figures it never got all: 3 of 6 messages arrived$/,
    replies({ phases: [first(), second(deaf)], told: told({ received: 3, answered: 3 }) }),
  ],
  "so are those that were not answered": [
    "fail",
    /; by its figures it got all 6 messages and answered 3 of them at most$/,
    replies({ phases: [first(), second(deaf)], told: toldByWorker({ answered: 3 }) }),
  ],
  "and those whose answers were lost": [
    "fail",
    /the object had been evicted in the silence; by its figures it got all 6 messages and answered them: what it sent was lost on its way$/,
    replies({ phases: [first(), second(deaf)], sleep: sleptByFigures, told: told() }),
  ],
  "an object that never slept proves nothing, and the time tried is told": [
    "inconclusive",
    /^it never slept: after 45 s of silence the same instance was at work; a longer --idle/,
    replies({ sleep: awake }),
  ],
  "nor does one of which nothing tells": [
    "inconclusive",
    /^whether it slept in 45 s of silence cannot be seen.*\(--stats-url\)/,
    replies({ sleep: unseen }),
  ],
  "figures prove a sleep as well": [
    "pass",
    /by its figures the object was constructed anew/,
    replies({ sleep: sleptByFigures, told: told() }),
  ],
  "a connection that was closed meanwhile cannot tell": [
    "inconclusive",
    /^the connection was closed 700 ms after a ping was sent/,
    replies({ phases: [first(), second([closed("ping")])] }),
  ],
  "but a fault that was seen before is one": [
    "fail",
    /right after the welcome 1 of 1 requests got no answer/,
    replies({ phases: [first([lost("ping")]), second([closed("ping")])] }),
  ],
  "a server of another kind cannot tell": [
    "inconclusive",
    /with 'error', expected 'pong': the target does not speak the messages of the report/,
    replies({
      phases: [first([answered("ping", 3, "a ping was answered with 'error', expected 'pong'")])],
    }),
  ],
  "nor can one that took longer over another request than was waited": [
    "inconclusive",
    /^late, and perhaps not lost: 3 of 6 requests got no answer within 20 s, but another was answered after 26 s/,
    replies({ phases: [first([...well.slice(1), answered("ping", 26_000)]), second(deaf)] }),
  ],
  "nor can one that answers in another way": [
    "inconclusive",
    /^3 of 6 requests got no answer of the report's, but something else came \(binary data\)/,
    replies({ phases: [first(), second(deaf)], strays: ["binary data", "binary data"] }),
  ],
  "where all is answered, what else comes does not matter": [
    "pass",
    /by a new instance/,
    replies({ strays: ["a message of type 'tick'"] }),
  ],
  "one that was closed says how, and whether anything was sent then": [
    "inconclusive",
    /^the connection was closed before a ping was sent \(code 4408, reason 'no heartbeat'\): no/,
    replies({
      phases: [
        first(),
        second([{
          ...{ kind: "closed", what: "ping", sentAtMs: 1_000, atMs: 1_000 },
          how: "code 4408, reason 'no heartbeat'",
        }]),
      ],
    }),
  ],
  "where nothing is to sleep, answers are enough": [
    "pass",
    /of silence \(threshold 5 s\)$/,
    replies({ sleep: null }),
  ],
  "nothing asked, nothing told": [
    "inconclusive",
    /nothing was asked/,
    replies({ phases: [first([])] }),
  ],
});

const heard = (...atMs: number[]) => ({ heardAtMs: atMs.map((one) => 1_000 + one), closed: false });
const gone = { heardAtMs: [], closed: true };

const broadcast = (change: Partial<Broadcast>) =>
  judgeBroadcast({
    ...{ sentAtMs: 1_000, endedAtMs: 6_000 },
    listeners: [heard(3), heard(9), heard(40)],
    outsiders: [heard()],
    ...{ sleep: slept, sent: 1, told: null },
    ...change,
  }, params);

examples("judgeBroadcast", {
  "all hear it once, the outsider does not": [
    "pass",
    /^all 3 sockets with the tag heard it once, within 40 ms, by a new instance, and 1 without it did not/,
    broadcast({}),
  ],
  "one that does not hear it fails": [
    "fail",
    /^1 of 3 sockets did not hear it within 5 s, though .* stayed open \(threshold 5 s\); whether/,
    broadcast({ listeners: [heard(3), heard(), heard(4)], sleep: awake }),
  ],
  "one that hears it twice fails": [
    "fail",
    /^1 of 3 sockets heard it more than once$/,
    broadcast({ listeners: [heard(3), heard(4, 5), heard(4)] }),
  ],
  "an outsider that hears it fails": [
    "fail",
    /^1 of 1 sockets without the tag heard it as well$/,
    broadcast({ outsiders: [heard(3)] }),
  ],
  "a connection that was closed cannot tell": [
    "inconclusive",
    /^1 of 4 connections were closed meanwhile$/,
    broadcast({ listeners: [heard(3), gone], outsiders: [heard(), heard()] }),
  ],
  "late is not lost": [
    "inconclusive",
    /^late, but not lost: the last of 3 sockets heard it after 5\.2 s/,
    broadcast({ listeners: [heard(3), heard(5_200), heard(4)] }),
  ],
  "an object that never slept proves nothing": [
    "inconclusive",
    /it never slept/,
    broadcast({ sleep: awake }),
  ],
  "nobody beside the speaker cannot tell": [
    "inconclusive",
    /expected two sockets/,
    broadcast({ listeners: [heard(3)] }),
  ],
});

const order = (change: Partial<Order>) =>
  judgeOrder({
    ...{ sentAtMs: 1_000, burst: 3, got: [1, 2, 3], lastAtMs: 1_040, endedAtMs: 6_000 },
    ...{ closed: false, strays: [], sleep: slept, sent: 3, told: null },
    ...change,
  }, params);

examples("judgeOrder", {
  "all come back in order": [
    "pass",
    /^3 messages in a row were echoed in their order, once each, within 40 ms, by a new instance/,
    order({}),
  ],
  "one missing fails": [
    "fail",
    /^1 of 3 messages were not echoed within 5 s, though the connection stayed open/,
    order({ got: [1, 3] }),
  ],
  "none at all fails": [
    "fail",
    /^3 of 3 messages were not echoed .* answered them: what it sent was lost on its way$/,
    order({ got: [], lastAtMs: null, told: told({ received: 3, answered: 3 }) }),
  ],
  "where something else came, the target speaks otherwise": [
    "inconclusive",
    /^1 of 3 messages were not echoed, but something else came \(an echo of something else\): the/,
    order({ got: [1, 3], strays: ["an echo of something else"] }),
  ],
  "another order fails": [
    "fail",
    /^the order was lost: 1 of 3 echoes came before one sent earlier$/,
    order({ got: [1, 3, 2] }),
  ],
  "twice fails": [
    "fail",
    /^1 of 4 echoes were of a message echoed before$/,
    order({ got: [1, 2, 2, 3] }),
  ],
  "a connection that was closed cannot tell": [
    "inconclusive",
    /^the connection was closed when 1 of 3 echoes were missing$/,
    order({ got: [1, 2], closed: true }),
  ],
  "late is not lost": ["inconclusive", /came after 5\.2 s/, order({ lastAtMs: 6_200 })],
  "an object that never slept proves nothing": [
    "inconclusive",
    /never slept/,
    order({ sleep: awake }),
  ],
  "one message has no order": ["inconclusive", /no order/, order({ burst: 1, got: [1] })],
});

const push = (change: Partial<Push>) =>
  judgePush({
    ...{ dueAtMs: 45_000, heardAtMs: [45_010, 45_020], endedAtMs: 45_020, closed: 0 },
    ...{ sleep: slept, sent: 1, told: null },
    ...change,
  }, params);

examples("judgePush", {
  "it comes to all": [
    "pass",
    /^what the object was to send came to 2 sockets within 20 ms after it was due, by a new instance/,
    push({}),
  ],
  "one that does not get it fails": [
    "fail",
    /^1 of 2 sockets had not got .* was due, 20 s after that, though .* not known \(--stats-url\)$/,
    push({ heardAtMs: [45_010, null], endedAtMs: 65_000 }),
  ],
  "that the alarm ran is told": [
    "fail",
    /its alarm has run, so that what it sent was lost on its way$/,
    push({ heardAtMs: [null], told: told({ alarms: 1 }) }),
  ],
  "that it did not is told as well": [
    "fail",
    /no alarm of it has run$/,
    push({ heardAtMs: [null], told: told({ alarms: 0 }) }),
  ],
  "and that it was never asked to": [
    "fail",
    /it never got all: 0 of 1 messages arrived$/,
    push({ heardAtMs: [null], told: told({ alarms: 0, received: 0 }) }),
  ],
  "late is not lost": [
    "inconclusive",
    /it came 6 s after it was due/,
    push({ heardAtMs: [51_000] }),
  ],
  "a connection that was closed cannot tell": [
    "inconclusive",
    /was closed before/,
    push({ heardAtMs: [45_010], closed: 1 }),
  ],
  "but one that is open and does not get it fails": [
    "fail",
    /^1 of 1 sockets had not got/,
    push({ heardAtMs: [null], closed: 1 }),
  ],
  "an object that never slept proves nothing": [
    "inconclusive",
    /never slept/,
    push({ sleep: awake }),
  ],
  "nobody there cannot tell": ["inconclusive", /no socket/, push({ heardAtMs: [] })],
});
