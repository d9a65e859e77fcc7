// For tests: answers that refuse, of stores and of what is none, and what is to be said of each.

import { realClock } from "../../lab/clock.ts";
import type { Access } from "../../lab/scenario.ts";
import { StoreClient } from "./store_client.ts";

/** The secret of the key that the tests sign with. */
export const SECRET = "never-to-be-shown";
const signal = new AbortController().signal;

/** A client for a server of a test, with that key or without any. */
export function clientFor(url: URL, key = true): StoreClient {
  const access: Access = {
    url,
    headers: {},
    insecure: false,
    store: {
      region: "us-east-1",
      ...(key && { credentials: { accessKeyId: "AKEXAMPLE", secretAccessKey: SECRET } }),
    },
  };
  return StoreClient.for(access, { clock: realClock, signal });
}

/** An error document. */
export const xml = (code: string, message = "", more = "") =>
  '<?xml version="1.0" encoding="UTF-8"?>\n' +
  `<Error><Code>${code}</Code><Message>${message}</Message>${more}<RequestId>1</RequestId></Error>`;

/** An answer, what provokes it, and what is said of it after "Cannot", without the place. */
export interface Fake {
  answer: [status: number, headers: Record<string, string>, text: string];
  act: (client: StoreClient) => Promise<unknown>;
  key?: boolean;
  says: string;
}

/** What a store labels its errors with. */
export const AMZ = { "x-amz-request-id": "1", "content-type": "application/xml" };
const HTML = { "content-type": "text/html; charset=utf-8" };
const UNSIGNED = "access denied, and the request was not signed: set AWS_ACCESS_KEY_ID and " +
  "AWS_SECRET_ACCESS_KEY (or R2_*), or name a profile with --profile";
/** What is said of an answer to HEAD, which has no words of its own. */
const MUTE = "access denied, and the answer does not say why: check the key and its secret, and " +
  "that it has the permission s3:GetObject";
const list = (client: StoreClient) => client.list("b", "");
const head = (client: StoreClient) => client.head("b", "k");

/** What stores and others were seen to answer, or are documented to, by what it means. */
export const FAKES: Record<string, Fake> = {
  "an unknown key": {
    answer: [403, AMZ, xml("InvalidAccessKeyId", "The Access Key Id you provided does not exist")],
    act: list,
    says: "list bucket 'b': the store does not know the access key id: check AWS_ACCESS_KEY_ID " +
      "(or R2_ACCESS_KEY_ID), and that the key is one of this store (InvalidAccessKeyId)",
  },
  "a wrong secret": {
    answer: [
      403,
      AMZ,
      xml("SignatureDoesNotMatch", "no", `<StringToSign>${SECRET}</StringToSign>`),
    ],
    act: list,
    says:
      "list bucket 'b': the signature does not match: check the secret access key first, then " +
      "the region (signed for 'us-east-1') and whether something on the way changes path or Host " +
      "(SignatureDoesNotMatch)",
  },
  "AWS's word for a wrong region": {
    answer: [
      400,
      AMZ,
      xml(
        "AuthorizationHeaderMalformed",
        "The authorization header is malformed; the region is wrong",
        "<Region>eu-west-1</Region>",
      ),
    ],
    act: list,
    says: "list bucket 'b': the request was for region 'us-east-1', expected 'eu-west-1': give " +
      "--region eu-west-1 (AuthorizationHeaderMalformed)",
  },
  "MinIO's word for a wrong region": {
    answer: [
      400,
      AMZ,
      xml(
        "AuthorizationHeaderMalformed",
        "The authorization header is malformed; the region is wrong; expecting 'eu-south-9'.",
      ),
    ],
    act: list,
    says: "list bucket 'b': the request was for region 'us-east-1', expected 'eu-south-9': give " +
      "--region eu-south-9 (AuthorizationHeaderMalformed)",
  },
  "R2's word for a wrong region": {
    answer: [
      400,
      { "content-type": "application/xml" },
      xml(
        "InvalidRegionName",
        "The region name 'us-east-1' is not valid. Must be one of: wnam, auto",
      ),
    ],
    act: list,
    says: "list bucket 'b': the store refuses region 'us-east-1': The region name 'us-east-1' is " +
      "not valid. Must be one of: wnam, auto (InvalidRegionName)",
  },
  "a bucket elsewhere": {
    answer: [
      301,
      { ...AMZ, "x-amz-bucket-region": "eu-west-2" },
      xml("PermanentRedirect", "no", "<Endpoint>b.s3.eu-west-2.amazonaws.com</Endpoint>"),
    ],
    act: list,
    says: "list bucket 'b': the bucket is in region 'eu-west-2', not 'us-east-1': give --region " +
      "eu-west-2 and that region's endpoint as --target (PermanentRedirect)",
  },
  "a bucket elsewhere, asked for with HEAD": {
    answer: [301, { ...AMZ, "x-amz-bucket-region": "eu-west-2" }, ""],
    act: head,
    says: "look at 'k' of bucket 'b': the bucket is in region 'eu-west-2', not 'us-east-1': give " +
      "--region eu-west-2 and that region's endpoint as --target (301)",
  },
  "a website that redirects": {
    answer: [307, { location: "https://store.example/login?token=1" }, ""],
    act: list,
    says: "list bucket 'b': the store redirects to https://store.example: give that as --target " +
      "(307)",
  },
  "a region that is the right one and refused": {
    answer: [400, { ...AMZ, "x-amz-bucket-region": "us-east-1" }, xml("InvalidRegion", "no more")],
    act: list,
    says: "list bucket 'b': the store refuses region 'us-east-1': no more (InvalidRegion)",
  },
  "a wrong region that only a header corrects": {
    answer: [400, { ...AMZ, "x-amz-bucket-region": "eu-west-3" }, xml("InvalidRegion", "no")],
    act: list,
    says: "list bucket 'b': the request was for region 'us-east-1', expected 'eu-west-3': give " +
      "--region eu-west-3 (InvalidRegion)",
  },
  "a redirect within the region": {
    answer: [307, { ...AMZ, "x-amz-bucket-region": "us-east-1" }, xml("TemporaryRedirect", "no")],
    act: list,
    says: "list bucket 'b': the store redirects and does not say where: check --target and " +
      "--region (TemporaryRedirect)",
  },
  "no permission, said with nothing at all": {
    answer: [403, {}, ""],
    act: head,
    says: `look at 'k' of bucket 'b': ${MUTE} (403)`,
  },
  "an error that is too long for one": {
    answer: [400, AMZ, xml("Strange", "x".repeat(70_000))],
    act: list,
    says: "list bucket 'b': it answers, but not as S3: received 400 with 'application/xml', " +
      "expected S3's XML; give the S3 endpoint as --target, not a console or a website",
  },
  "no permission for a request without a signature": {
    answer: [403, AMZ, xml("AccessDenied")],
    act: (client) => client.call({ method: "GET", bucket: "b", key: "k", anonymous: true }),
    says: `read 'k' of bucket 'b': ${UNSIGNED} (AccessDenied)`,
  },
  "no permission for a public request": {
    answer: [403, AMZ, xml("AccessDenied")],
    act: (client) => {
      const { access } = client;
      const store = { region: "auto", ...access.store, publicUrl: access.url };
      return StoreClient.for({ ...access, store }, { clock: realClock, signal })
        .call({ method: "GET", bucket: "b", key: "k", publicly: true });
    },
    says:
      "read 'k' of bucket 'b': it answers 403 (AccessDenied); a public URL needs no key: check " +
      "--public-url, and that the bucket's objects may be read there without a signature",
  },
  "no store in another region": {
    answer: [200, { "content-type": "text/html" }, "<html>"],
    act: (client) => client.call({ method: "GET", bucket: "b", endpoint: client.access.url }),
    says:
      "list bucket 'b': it answers, but not as S3: received 200 with 'text/html', expected S3's " +
      "XML; give the S3 endpoint as --other-region-url, not a console or a website",
  },
  "no bucket": {
    answer: [404, AMZ, xml("NoSuchBucket", "The specified bucket does not exist")],
    act: list,
    says: "list bucket 'b': there is no bucket 'b': make it, or name another with --bucket " +
      "(NoSuchBucket)",
  },
  "no permission": {
    answer: [403, AMZ, xml("AccessDenied", "Access Denied")],
    act: (client) => client.remove("b", "k"),
    says: "delete 'k' of bucket 'b': access denied: the key needs the permission s3:DeleteObject " +
      "(AccessDenied)",
  },
  "no permission, asked for with HEAD": {
    answer: [403, AMZ, ""],
    act: head,
    says: `look at 'k' of bucket 'b': ${MUTE} (403)`,
  },
  "no permission, asked for with HEAD of a store that labels nothing but its XML": {
    answer: [403, { "content-type": "application/xml" }, ""],
    act: head,
    says: `look at 'k' of bucket 'b': ${MUTE} (403)`,
  },
  "no permission, asked for with HEAD of moto": {
    answer: [403, { ...HTML, "x-amzn-requestid": "1" }, ""],
    act: head,
    says: `look at 'k' of bucket 'b': ${MUTE} (403)`,
  },
  "a website, asked for with HEAD": {
    answer: [403, HTML, ""],
    act: head,
    says: "look at 'k' of bucket 'b': it answers, but not as S3: received 403 with 'text/html', " +
      "expected S3's XML; give the S3 endpoint as --target, not a console or a website",
  },
  "a store that fails without a word": {
    answer: [500, AMZ, ""],
    act: list,
    says: "list bucket 'b': the store answers 500 and does not say why",
  },
  "an unknown key, in versitygw's words, when an object is removed": {
    answer: [404, AMZ, xml("XAdminUserNotFound", "No user exists with the provided access key ID")],
    act: (client) => client.remove("b", "k"),
    says: "delete 'k' of bucket 'b': the store does not know the access key id: check " +
      "AWS_ACCESS_KEY_ID (or R2_ACCESS_KEY_ID), and that the key is one of this store " +
      "(XAdminUserNotFound)",
  },
  "a web server without the path, when a bucket is removed": {
    answer: [404, { "content-type": "text/plain" }, "Not Found"],
    act: (client) => client.deleteBucket("b"),
    says: "delete bucket 'b': it answers, but not as S3: received 404 with 'text/plain', " +
      "expected S3's XML; give the S3 endpoint as --target, not a console or a website",
  },
  "MinIO's word for a wrong token": {
    answer: [403, AMZ, xml("InvalidTokenId", "The security token included is invalid")],
    act: list,
    says: "list bucket 'b': the store does not accept the session token: check " +
      "AWS_SESSION_TOKEN (InvalidTokenId)",
  },
  "a header that is malformed otherwise": {
    answer: [400, AMZ, xml("AuthorizationHeaderMalformed", "The Credential is mal-formed")],
    act: list,
    says: "list bucket 'b': The Credential is mal-formed (AuthorizationHeaderMalformed)",
  },
  "a link's wrong region, in versitygw's words": {
    answer: [
      400,
      AMZ,
      xml(
        "AuthorizationQueryParametersError",
        "Error parsing the X-Amz-Credential parameter; the region &#34;us-east-1&#34; is wrong; " +
          "expecting &#34;eu-central-7&#34;",
      ),
    ],
    act: (client) => client.call({ method: "GET", bucket: "b", key: "k", presign: true }),
    says: "read 'k' of bucket 'b': the request was for region 'us-east-1', expected " +
      "'eu-central-7': give --region eu-central-7 (AuthorizationQueryParametersError)",
  },
  "a redirect without a region": {
    answer: [307, AMZ, xml("TemporaryRedirect", "no", "<Endpoint>b.s3.example</Endpoint>")],
    act: list,
    says: "list bucket 'b': the store redirects to b.s3.example: give that as --target " +
      "(TemporaryRedirect)",
  },
  "a redirect to nowhere": {
    answer: [302, AMZ, xml("Redirect", "no")],
    act: list,
    says: "list bucket 'b': the store redirects and does not say where: check --target and " +
      "--region (Redirect)",
  },
  "a method that is not served": {
    answer: [405, HTML, "<html>no</html>"],
    act: list,
    says: "list bucket 'b': it answers 405, and not as S3: expected the endpoint of an S3 API",
  },
  "a key with a line break, in a long sentence with numbers for characters": {
    answer: [400, AMZ, xml("InvalidArgument", `&#39;${"é".repeat(300)}`)],
    act: (client) => client.call({ method: "GET", bucket: "b", key: `a\n${"k".repeat(300)}` }),
    says: `read 'a\\n${"k".repeat(197)}…' of bucket 'b': '${"é".repeat(199)}… (InvalidArgument)`,
  },
  "no key": {
    answer: [403, AMZ, xml("AccessDenied", "Access Denied")],
    act: (client) => client.createBucket("b"),
    key: false,
    says: `create bucket 'b': ${UNSIGNED} (AccessDenied)`,
  },
  "a bucket of someone else": {
    answer: [409, AMZ, xml("BucketAlreadyExists", "taken")],
    act: (client) => client.createBucket("b"),
    says: "create bucket 'b': the bucket name 'b' is someone else's: name a bucket of yours with " +
      "--bucket (BucketAlreadyExists)",
  },
  "a bucket that is not empty": {
    answer: [409, AMZ, xml("BucketNotEmpty", "no")],
    act: (client) => client.deleteBucket("b"),
    says: "delete bucket 'b': bucket 'b' is not empty: remove its objects first (BucketNotEmpty)",
  },
  "a code that is not known, with the secret in its sentence": {
    answer: [400, AMZ, xml("Strange", `you sent ${SECRET}\n&lt;really&gt;.`)],
    act: list,
    says: "list bucket 'b': you sent *** <really> (Strange)",
  },
  "nginx's page": {
    answer: [404, HTML, "<html><head><title>404 Not Found</title></head></html>"],
    act: list,
    says: "list bucket 'b': it answers, but not as S3: received 404 with 'text/html', expected " +
      "S3's XML; give the S3 endpoint as --target, not a console or a website",
  },
  "a website that answers everything with its page": {
    answer: [200, HTML, "<!doctype html><title>Console</title>"],
    act: (client) => client.createBucket("b"),
    says: "create bucket 'b': it answers, but not as S3: received 200 with 'text/html', expected " +
      "S3's XML; give the S3 endpoint as --target, not a console or a website",
  },
  "a listing in JSON": {
    answer: [200, { "content-type": "application/json" }, "{}"],
    act: list,
    says: "list bucket 'b': it answers, but not as S3: received 200 with 'application/json', " +
      "expected S3's XML; give the S3 endpoint as --target, not a console or a website",
  },
  "an error of entities": {
    answer: [
      400,
      AMZ,
      `<!DOCTYPE x [<!ENTITY a "${"b".repeat(100)}">]><Error><Code>&a;&a;</Code></Error>`,
    ],
    act: list,
    says: "list bucket 'b': it answers, but not as S3: received 400 with 'application/xml', " +
      "expected S3's XML; give the S3 endpoint as --target, not a console or a website",
  },
};
