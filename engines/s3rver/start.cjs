// Runs s3rver with a key of its caller's, which its own command line does not take.

"use strict";

const process = require("node:process");
const { version } = require("s3rver/package.json");

if (process.argv[2] === "--version") {
  process.stdout.write(`s3rver ${version}\n`);
} else {
  const S3rver = require("s3rver");
  const { DUMMY_ACCOUNT } = require("s3rver/lib/models/account");
  const [address, port, directory] = process.argv.slice(2);
  DUMMY_ACCOUNT.revokeAccessKey("S3RVER");
  DUMMY_ACCOUNT.createKeyPair(process.env.S3RVER_KEY, process.env.S3RVER_SECRET);
  // Silent: a line of each request would have its URL. A host that is an address is no bucket.
  new S3rver({ address, port: Number(port), directory, silent: true, vhostBuckets: false }).run()
    .catch((error) => {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    });
}
