// What curl can do of `body-io`: several small writes at once at a gateway that was just started.

import type { FinishedRun } from "../../lab/scenario.ts";
import type { BodyIoParams } from "./params.ts";

const KEYS = [
  ': "${BUCKET:?a bucket of the gateway}" "${AWS_REGION:=us-east-1}"',
  ': "${AWS_ACCESS_KEY_ID:?your key}" "${AWS_SECRET_ACCESS_KEY:?its secret}"',
  "s3() {",
  '  curl -sS --aws-sigv4 "aws:amz:$AWS_REGION:s3" \\',
  // curl 7.88 leaves it out, and S3 asks for it; given, it is signed.
  '    -H "x-amz-content-sha256: UNSIGNED-PAYLOAD" \\',
  '    --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" "$@"',
  "}",
];

/** The same with curl, one command a line; undefined for cases that take more than it can do. */
export function curl(
  { case: id, params, url }: FinishedRun & { case: string; url: string },
): string[] | undefined {
  const { numUploads, numDeletes } = params as BodyIoParams;
  switch (id) {
    case "multipart-burst":
      return [
        "# right after the gateway was started:",
        ...KEYS,
        `for i in $(seq ${numUploads}); do`,
        `  s3 -o /dev/null -w '%{http_code}\\n' -X POST "${url}/$BUCKET/edge-repro-$i?uploads=" &`,
        "done; wait",
      ];
    case "delete-burst":
      return [
        "# right after the gateway was started:",
        ...KEYS,
        "echo '<Delete><Quiet>true</Quiet><Object><Key>none</Key></Object></Delete>' > delete.xml",
        "md5=$(openssl md5 -binary delete.xml | base64)",
        `for i in $(seq ${numDeletes}); do`,
        "  s3 -o /dev/null -w '%{http_code}\\n' -X POST -H \"Content-MD5: $md5\" \\",
        `    -H 'Content-Type: application/xml' --data-binary @delete.xml "${url}/$BUCKET?delete=" &`,
        "done; wait",
      ];
    case "put-framing":
      return [
        ...KEYS,
        "head -c 1000003 /dev/urandom > object.bin",
        `s3 -o /dev/null -w '%{http_code}\\n' -T object.bin "${url}/$BUCKET/edge-repro-put"`,
        "# look at the backend's log for Content-Length or Transfer-Encoding",
      ];
    default:
      return undefined;
  }
}
