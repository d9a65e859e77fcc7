// What the judges of the discriminating cases pass, fail and cannot tell, with the reasons that they give.

import { examples } from "../../lab/testing_judge_examples.ts";
import { judgeBursts } from "./burst.ts";
import { judgeFramed } from "./framed.ts";
import { asked, attempt, burst, came, failed500, framed } from "./judge_examples.ts";

const good = attempt();
const stalled = attempt({ end: "stalled", status: null, endedAtMs: 30_010 });

examples("judgeBursts", {
  "all well": [
    "pass",
    /^3 of 3 first attempts succeeded, .* 2 of the uploads/,
    judgeBursts([burst()]),
  ],
  "the report's": [
    "fail",
    /^1 of 3 first .* 1 of 3 CreateMultipartUpload \(500 InternalError\).* 390 ms.* 3 of 3 uploads/,
    judgeBursts([
      burst({ attempts: [good, good, failed500, attempt({ attempt: 2 })] }),
    ]),
  ],
  "refused for its framing": [
    "fail",
    /501 NotImplemented/,
    judgeBursts([burst({ attempts: [good, attempt({ status: 501, why: "NotImplemented" })] })]),
  ],
  "a stall": [
    "fail",
    /1 of 3 .*\(stalled\); .* 30 s/,
    judgeBursts([burst({ attempts: [good, good, stalled] })]),
  ],
  "a broken connection": [
    "fail",
    /\(broken: ECONNRESET\)/,
    judgeBursts([
      burst({ attempts: [good, attempt({ end: "broken", status: null, why: "ECONNRESET" })] }),
    ]),
  ],
  "a fault without figures": [
    "fail",
    /500 InternalError/,
    judgeBursts([burst({ attempts: [good, failed500], exchange: null })]),
  ],
  "nothing works": [
    "inconclusive",
    /nothing works.*; Cannot list/,
    judgeBursts([
      burst({ attempts: [failed500, failed500], alone: { works: false, why: "Cannot list" } }),
    ]),
  ],
  "all fail together, and alone works": [
    "fail",
    /2 of 2 first/,
    judgeBursts([burst({ attempts: [failed500, failed500], alone: { works: true, why: null } })]),
  ],
  "asked to slow down": [
    "inconclusive",
    /another reason.*503 SlowDown.*fewer requests/,
    judgeBursts([burst({ attempts: [good, attempt({ status: 503, why: "SlowDown" })] })]),
  ],
  "a wrong key": [
    "inconclusive",
    /403 InvalidAccessKeyId\); Cannot list: no such key$/,
    judgeBursts([burst({
      attempts: [attempt({ status: 403, why: "InvalidAccessKeyId" })],
      alone: { works: false, why: "Cannot list: no such key" },
    })]),
  ],
  "a key that may only read": [
    "inconclusive",
    /403 AccessDenied\), though the bucket can be listed: check that the key may write/,
    judgeBursts([burst({
      attempts: [attempt({ status: 403, why: "AccessDenied" })],
      alone: { works: true, why: null },
    })]),
  ],
  "other bytes": ["fail", /but 'a' differs/, judgeBursts([burst({ wrong: ["'a' differs"] })])],
  "not read back": [
    "inconclusive",
    /succeeded, but not all could be read back: no progress/,
    judgeBursts([burst({ unread: ["no progress"] })]),
  ],
  "failed without a fault": [
    "inconclusive",
    /3 of 3 first attempts succeeded, but .* 2 of 3 uploads were done \(5 keys: AccessDenied\)/,
    judgeBursts([burst({ failed: 1, whyFailed: "5 keys: AccessDenied" })]),
  ],
  "no figures": [
    "inconclusive",
    /^3 of 3 .* but .*--stats-url/,
    judgeBursts([burst({ exchange: null })]),
  ],
  "figures that could not be read": [
    "inconclusive",
    /^3 of 3 .* but whether the target was cold cannot be seen: refused$/,
    judgeBursts([burst({ exchange: null, figuresFailure: "refused" })]),
  ],
  "a fault without figures that could be read": [
    "fail",
    /500 InternalError/,
    judgeBursts([burst({ attempts: [failed500, good], exchange: null, figuresFailure: "no" })]),
  ],
  "not cold": [
    "inconclusive",
    /not cold.*restart/,
    judgeBursts([burst({ exchange: { begun: 0, parked: 0, upstreams: 1 } })]),
  ],
  "not together": [
    "inconclusive",
    /0 of 3 requests waited/,
    judgeBursts([burst({ exchange: { begun: 1, parked: 0, upstreams: 1 } })]),
  ],
  "warm": [
    "pass",
    /succeeded/,
    judgeBursts([burst({ wanted: "warm", exchange: { begun: 0, parked: 0, upstreams: 1 } })]),
  ],
  "warm by another's figures": [
    "inconclusive",
    /never told of a request to the backend.*--stats-url is of this target/,
    judgeBursts([burst({ wanted: "warm", exchange: { begun: 0, parked: 0, upstreams: 0 } })]),
  ],
  "not warm": ["inconclusive", /not warm/, judgeBursts([burst({ wanted: "warm" })])],
  "nothing sent": ["inconclusive", /nothing was sent/, judgeBursts([burst({ attempts: [] })])],
  "no burst": ["inconclusive", /nothing was sent/, judgeBursts([])],
});

const at501 = asked({ status: 501, why: "NotImplemented" });
const inChunks = came({ framing: "chunked", contentLength: null });

examples("judgeFramed", {
  "its length": ["pass", /100 bytes .* Content-Length, unchunked/, judgeFramed(framed())],
  "chunked and refused": [
    "fail",
    /chunked, without a Content-Length; .* 501 NotImplemented/,
    judgeFramed(framed({ asked: at501, came: [inChunks] })),
  ],
  "chunked and stored": ["fail", /chunked/, judgeFramed(framed({ came: [inChunks] }))],
  "another length": [
    "fail",
    /Content-Length of 99/,
    judgeFramed(framed({ came: [came({ contentLength: 99 })] })),
  ],
  "right once, chunked once": [
    "fail",
    /chunked/,
    judgeFramed(framed({ came: [came(), inChunks] })),
  ],
  "S3's own chunks around it": [
    "pass",
    /Content-Length/,
    judgeFramed(framed({
      came: [came({
        contentLength: 180,
        fields: { "content-encoding": "aws-chunked", "x-amz-decoded-content-length": "100" },
        sha256: "bb",
      })],
    })),
  ],
  "other bytes": ["fail", /other bytes/, judgeFramed(framed({ came: [came({ sha256: "bb" })] }))],
  "other bytes, and refused": [
    "fail",
    /other bytes/,
    judgeFramed(framed({ asked: at501, came: [came({ sha256: "bb" })] })),
  ],
  "cut off once, and whole at the next attempt": [
    "pass",
    /unchunked/,
    judgeFramed(framed({ came: [came({ sha256: "bb", ended: "cut" }), came()] })),
  ],
  "S3's own chunks, but chunked by HTTP too": [
    "fail",
    /chunked, without/,
    judgeFramed(framed({
      came: [came({
        framing: "chunked",
        contentLength: null,
        fields: { "content-encoding": "aws-chunked", "x-amz-decoded-content-length": "100" },
      })],
    })),
  ],
  "not seen": ["inconclusive", /not seen .*--backend-log/, judgeFramed(framed({ came: [] }))],
  "refused before it came there": [
    "inconclusive",
    /not seen .* 403 AccessDenied: check the key/,
    judgeFramed(framed({ came: [], asked: asked({ status: 403, why: "AccessDenied" }) })),
  ],
  "refused": ["inconclusive", /501/, judgeFramed(framed({ asked: at501 }))],
});
