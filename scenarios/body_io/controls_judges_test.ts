// What the judges of the controls pass, fail and cannot tell, with the reasons that they give.

import { examples } from "../../lab/testing_judge_examples.ts";
import {
  asked,
  attempt,
  came,
  checksummed,
  chunked,
  error503,
  failed500,
  left,
  oversized,
  recovery,
} from "./judge_examples.ts";
import { judgeLeft, judgeOversized } from "./leaving.ts";
import { judgeChecksums, judgeChunked } from "./passed_on.ts";
import { judgeRecovery } from "./recovery.ts";

const stalled = attempt({ end: "stalled", status: null, endedAtMs: 30_010 });
const refused = attempt({ status: 400, why: "BadDigest" });
const isWrong = { isRight: false, asked: refused };

examples("judgeChunked", {
  "byte for byte": ["pass", /byte for byte \(100 bytes\)/, judgeChunked([chunked()])],
  "without its chunks": ["fail", /without its chunks/, judgeChunked([chunked({ came: [came()] })])],
  "other bytes": [
    "fail",
    /other bytes/,
    judgeChunked([chunked({ wire: { bytes: 100, sha256: "bb", isChunked: false } })]),
  ],
  "lost its length": [
    "fail",
    /lost its Content-Length/,
    judgeChunked([chunked({
      came: [came({ framing: "chunked", fields: { "content-encoding": "aws-chunked" } })],
    })]),
  ],
  "read back otherwise": ["fail", /differs/, judgeChunked([chunked({ changed: "it differs" })])],
  "refused": ["inconclusive", /400 BadDigest/, judgeChunked([chunked({ asked: refused })])],
  "not seen": ["inconclusive", /not seen .*--backend-log/, judgeChunked([chunked({ came: [] })])],
  "not sent": ["inconclusive", /not sent/, judgeChunked([chunked({ wire: null })])],
  "no log of the backend": [
    "inconclusive",
    /reads back as it was sent; but how that came .*--backend-log/,
    judgeChunked([chunked({ came: null })]),
  ],
  "read back otherwise, without a log": [
    "fail",
    /differs/,
    judgeChunked([chunked({ came: null, changed: "it differs" }), chunked()]),
  ],
  "refused, without a log": [
    "inconclusive",
    /400 BadDigest\)$/,
    judgeChunked([chunked({ came: null, asked: refused })]),
  ],
  "nothing": ["inconclusive", /nothing was looked at/, judgeChunked([])],
});

examples("judgeChecksums", {
  "right and wrong": [
    "pass",
    /^CRC32: each/,
    judgeChecksums([checksummed(), checksummed(isWrong)]),
  ],
  "a wrong one accepted": [
    "fail",
    /a wrong CRC32 was accepted/,
    judgeChecksums([checksummed({ isRight: false })]),
  ],
  "left out": ["fail", /did not come/, judgeChecksums([checksummed({ came: [came()] })])],
  "unsigned": [
    "fail",
    /unsigned/,
    judgeChecksums([
      checksummed({ came: [came({ fields: { "x-amz-checksum-crc32": "abc=" } })] }),
    ]),
  ],
  "refused": [
    "inconclusive",
    /a CRC32 was refused/,
    judgeChecksums([checksummed({ asked: refused })]),
  ],
  "wrong, and the store failed": [
    "inconclusive",
    /500/,
    judgeChecksums([checksummed({ isRight: false, asked: failed500 })]),
  ],
  "one not seen": [
    "inconclusive",
    /a CRC32 was not seen/,
    judgeChecksums([checksummed({ came: [] }), checksummed()]),
  ],
  "none seen": [
    "inconclusive",
    /^none of the parts was seen .*--backend-log/,
    judgeChecksums([checksummed({ came: [] }), checksummed({ came: [] })]),
  ],
  "no log of the backend": [
    "inconclusive",
    /^CRC32: each was accepted.*--backend-log/,
    judgeChecksums([checksummed({ came: null }), checksummed({ ...isWrong, came: null })]),
  ],
  "right ones alone, without a log": [
    "inconclusive",
    /--backend-log/,
    judgeChecksums([checksummed({ came: null })]),
  ],
  "a wrong one accepted, without a log": [
    "fail",
    /a wrong CRC32 was accepted/,
    judgeChecksums([checksummed({ came: null }), checksummed({ isRight: false, came: null })]),
  ],
});

examples("judgeLeft", {
  "cut": ["pass", /was cut/, judgeLeft([left()])],
  "kept by the gateway": ["pass", /nothing of the part/, judgeLeft([left({ came: [] })])],
  "under way": ["fail", /still under way/, judgeLeft([left({ came: [came({ ended: null })] })])],
  "completed": ["fail", /as if it were complete/, judgeLeft([left({ came: [came()] })])],
  "listed": ["fail", /is there/, judgeLeft([left({ listed: true })])],
  "held": ["fail", /5 bytes/, judgeLeft([left({ heldBytes: 5 })])],
  "upstreams": ["fail", /1 requests/, judgeLeft([left({ upstreams: 1 })])],
  "answered before": ["inconclusive", /\(501\)/, judgeLeft([left({ answered: "501" })])],
  "not told": ["inconclusive", /cannot be told/, judgeLeft([left({ listed: null })])],
  "no log of the backend": [
    "inconclusive",
    /the part is not there after its client left; but .*--backend-log/,
    judgeLeft([left({ came: null })]),
  ],
  "the log of another backend": [
    "inconclusive",
    /check that --backend-log/,
    judgeLeft([left({ came: [], isElsewhere: true })]),
  ],
  "listed, without a log": ["fail", /is there/, judgeLeft([left({ came: null, listed: true })])],
  "nothing": ["inconclusive", /nothing was looked at/, judgeLeft([])],
});

examples("judgeOversized", {
  "refused": ["pass", /before a byte/, judgeOversized([oversized()])],
  "accepted": ["fail", /accepted/, judgeOversized([oversized({ asked: asked() })])],
  "waited for": [
    "fail",
    /^a large part, more than S3 takes, .* there was no answer for 30 s/,
    judgeOversized([oversized({ asked: { ...asked(), ...stalled } })]),
  ],
  "passed on": ["fail", /passed on/, judgeOversized([oversized({ came: [came()] })])],
  "for another reason": ["inconclusive", /503/, judgeOversized([oversized({ asked: error503 })])],
});

const down = (...asked: typeof error503[]) =>
  judgeRecovery(recovery({ phases: [{ when: "while it was down", expected: "error", asked }] }));

examples("judgeRecovery", {
  "down and back": ["pass", /all 2 errors were S3's.*all 1 requests/, judgeRecovery(recovery())],
  "for ever": [
    "fail",
    /was not answered for 30 s; --sts-timeout is to be what the target has/,
    down({ ...asked(), ...stalled }),
  ],
  "broken off": ["fail", /ended broken/, down(asked({ end: "broken", status: null }))],
  "a web page": ["fail", /502, and not as S3/, down(asked({ status: 502, isS3: false }))],
  "nothing noticed": ["inconclusive", /succeeded: restart it/, down(asked())],
  "refused": ["inconclusive", /403/, down(asked({ status: 403 }))],
  "not recovered": [
    "fail",
    /when it was back UploadPart failed \(503/,
    judgeRecovery(recovery({
      phases: [
        ...recovery().phases.slice(0, 1),
        { when: "when it was back", expected: "success", asked: [error503] },
      ],
    })),
  ],
  "never possible": [
    "inconclusive",
    /when it was back UploadPart failed \(501 NotImplemented\): see 'put-framing'/,
    judgeRecovery(recovery({
      phases: [
        ...recovery().phases.slice(0, 1),
        {
          when: "when it was back",
          expected: "success",
          asked: [asked({ status: 501, why: "NotImplemented" })],
        },
      ],
    })),
  ],
  "other bytes": ["fail", /differs/, judgeRecovery(recovery({ changed: ["'a' differs"] }))],
  "not read back": [
    "inconclusive",
    /could not be read/,
    judgeRecovery(recovery({ unread: ["'a' could not be read"] })),
  ],
  "nothing": ["inconclusive", /nothing was looked at/, judgeRecovery(recovery({ phases: [] }))],
});
