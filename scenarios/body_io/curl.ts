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

/** A file to send. */
const FILE = "head -c 1000003 /dev/urandom > object.bin";

/** What it prints is the status. */
const STATUS = "s3 -o /dev/null -w '%{http_code}\\n'";

const LOG = "# look at the backend's log for Content-Length or Transfer-Encoding";

/** Begins an upload, whose id is then in `$id`. */
const begin = (url: string) =>
  `id=$(s3 -X POST "${url}/$BUCKET/edge-repro-part?uploads=" | ` +
  "sed -n 's/.*<UploadId>\\(.*\\)<.UploadId>.*/\\1/p')";

const part = (url: string) => `"${url}/$BUCKET/edge-repro-part?partNumber=1&uploadId=$id"`;

/** Ends it. */
const abort = (url: string) => `s3 -X DELETE "${url}/$BUCKET/edge-repro-part?uploadId=$id"`;

/** The same with curl, one command a line; undefined for cases that take more than it can do. */
export function curl(
  { case: id, params, url }: FinishedRun & { case: string; url: string },
): string[] | undefined {
  const { numUploads, numDeletes, thresholdMs } = params as BodyIoParams;
  switch (id) {
    case "multipart-burst":
      return [
        "# right after the gateway was started; the uploads that begin are there until they are aborted",
        ...KEYS,
        `for i in $(seq ${numUploads}); do`,
        `  ${STATUS} -X POST "${url}/$BUCKET/edge-repro-$i?uploads=" &`,
        "done; wait",
      ];
    case "delete-burst":
      return [
        "# right after the gateway was started:",
        ...KEYS,
        "echo '<Delete><Quiet>true</Quiet><Object><Key>none</Key></Object></Delete>' > delete.xml",
        "md5=$(openssl md5 -binary delete.xml | base64)",
        `for i in $(seq ${numDeletes}); do`,
        `  ${STATUS} -X POST -H "Content-MD5: $md5" -H 'Content-Type: application/xml' \\`,
        `    --data-binary @delete.xml "${url}/$BUCKET?delete=" &`,
        "done; wait",
      ];
    case "put-framing":
      return [
        ...KEYS,
        FILE,
        `${STATUS} -T object.bin "${url}/$BUCKET/edge-repro-put"`,
        `s3 -X DELETE "${url}/$BUCKET/edge-repro-put"`,
        LOG,
      ];
    case "part-framing":
      return [...KEYS, FILE, begin(url), `${STATUS} -T object.bin ${part(url)}`, abort(url), LOG];
    case "checksums":
      return [
        ...KEYS,
        FILE,
        begin(url),
        "# the checksum of another content, which is to be refused (400):",
        "md5=$(openssl md5 -binary /dev/null | base64)",
        `${STATUS} -T object.bin -H "Content-MD5: $md5" ${part(url)}`,
        abort(url),
      ];
    case "oversized-part":
      return [
        ...KEYS,
        begin(url),
        "# announced and not sent, to be refused at once (400):",
        `${STATUS} -X PUT -H 'Content-Length: 5368709121' --max-time ${
          Math.ceil(thresholdMs / 1_000)
        } \\`,
        `  ${part(url)}`,
        abort(url),
      ];
    default:
      return undefined;
  }
}
