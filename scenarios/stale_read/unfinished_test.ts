// What the judge of an upload that is never finished passes, fails and cannot tell.

import { examples } from "../../lab/testing_judge_examples.ts";
import { answered, failed, open, params } from "./judge_examples.ts";
import {
  type BesideUpload,
  type Brought,
  judgeUnfinished,
  type Unfinished,
  type UnfinishedUpload,
} from "./unfinished.ts";

const upload = (change: Partial<UnfinishedUpload> = {}): UnfinishedUpload => ({
  sentAtMs: 0,
  declaredBytes: 2_000,
  sentBytes: 1_000,
  begun: "continue",
  shownOpen: false,
  status: null,
  endedAtMs: null,
  closedAtMs: 9_000,
  ...change,
});
const request = (change: Partial<BesideUpload> = {}): BesideUpload => ({
  what: "a HEAD",
  limitMs: 5_000,
  first: answered(7),
  control: null,
  again: null,
  ...change,
});
const read = (change: Partial<Brought> = {}): Brought => ({
  when: "beside it",
  expected: ["old"],
  versions: ["old"],
  receivedBytes: 2_000,
  expectedBytes: 2_000,
  foreignAtByte: null,
  ...change,
});
const judged = (change: Partial<Unfinished>) =>
  judgeUnfinished({
    upload: upload(),
    requests: [request({ what: "a GET" }), request()],
    brought: [read(), read({ when: "once it was closed", expected: ["new"], versions: ["new"] })],
    ...change,
  }, params);
const asked = (change: Partial<BesideUpload>) => judged({ requests: [request(change)] });
const brought = (change: Partial<Brought>) => judged({ brought: [read(change)] });

examples("judgeUnfinished", {
  "what is answered at once and brings the right bytes passes": [
    "pass",
    /^a GET, a HEAD: answered within 7 ms while an upload of the same key was left unfinished/,
    judged({}),
  ],
  "an answer at the very limit passes": ["pass", /within 5 s/, asked({ first: answered(5_000) })],
  "a request that has to wait fails when another object's has not": [
    "fail",
    /^a HEAD took 8\.5 s while an upload .* \(allowed 5 s\)/,
    asked({ first: answered(8_500), control: answered(3) }),
  ],
  "one that is answered late by itself cannot be told": [
    "inconclusive",
    /^a HEAD took 7 s .* that this is why is not known/,
    asked({ first: answered(7_000), control: answered(3) }),
  ],
  "one that is never answered likewise": [
    "fail",
    /^a HEAD had nothing after 70 s/,
    asked({ first: open, control: answered(3) }),
  ],
  "one that is refused fails when it is answered once the upload is over": [
    "fail",
    /failed: the answer was 503 while .* and this one when the upload was over/,
    asked({ first: failed(3), control: answered(3), again: answered(3) }),
  ],
  "one that is refused for ever cannot be told": [
    "inconclusive",
    /that this is why is not known/,
    asked({ first: failed(3), control: answered(3), again: failed(3) }),
  ],
  "a target that is slow for every object cannot be told": [
    "inconclusive",
    /the same of another object took 8 s/,
    asked({ first: answered(7_000), control: answered(8_000) }),
  ],
  "bytes of the unfinished upload fail": [
    "fail",
    /a read of the object beside it brought bytes of an upload that was never finished/,
    brought({ versions: ["old", "unfinished"] }),
  ],
  "also when nothing else is proved": [
    "fail",
    /never finished/,
    judged({ upload: upload({ begun: null }), brought: [read({ versions: ["unfinished"] })] }),
  ],
  "mixed versions fail": ["fail", /half of one version/, brought({ versions: ["old", "new"] })],
  "bytes that nobody stored fail": [
    "fail",
    /at byte 7, what nobody stored/,
    brought({ foreignAtByte: 7 }),
  ],
  "what was stored meanwhile and did not stay fails": [
    "fail",
    /brought the first version, expected the one that was PUT meanwhile/,
    brought({ expected: ["new"] }),
  ],
  "either version is right where both may be": [
    "pass",
    /answered/,
    brought({ expected: ["old", "new"] }),
  ],
  "half of an object fails": [
    "fail",
    /brought 1000 bytes, expected 2000/,
    brought({ receivedBytes: 1_000 }),
  ],
  "a read that did not come out leaves it open": [
    "inconclusive",
    /what the object was beside it is not known/,
    brought({ versions: null }),
  ],
  "and so do no reads": ["inconclusive", /at all is not known/, judged({ brought: [] })],
  "an upload that the target answered proves nothing": [
    "inconclusive",
    /answered with 400 after 800 ms/,
    judged({ upload: upload({ status: 400, endedAtMs: 800 }) }),
  ],
  "one that it closed before the others were answered neither": [
    "inconclusive",
    /closed by the target after 1 s/,
    judged({ upload: upload({ endedAtMs: 1_005 }) }),
  ],
  "one that it was not seen to take neither": [
    "inconclusive",
    /had begun to take the unfinished upload is not known/,
    judged({ upload: upload({ begun: null }) }),
  ],
  "one that was not sent, or altogether, neither": [
    "inconclusive",
    /2000 of 2000 bytes were sent/,
    judged({ upload: upload({ sentBytes: 2_000 }) }),
  ],
  "without requests there is nothing to tell": [
    "inconclusive",
    /nothing was asked/,
    judged({ requests: [] }),
  ],
});
