// The errors that several S3 operations answer with, each with the code and status that S3 gives it.

import { S3Error } from "./error.ts";

/** There is no such bucket. */
export function noSuchBucket(bucket: string): S3Error {
  const details = { BucketName: bucket };
  return new S3Error("NoSuchBucket", 404, "There is no bucket of that name.", details);
}

/** There is a bucket of that name, and there can be no second one. */
export function bucketAlreadyOwned(bucket: string): S3Error {
  const message = "There is a bucket of that name already, and it is yours.";
  return new S3Error("BucketAlreadyOwnedByYou", 409, message, { BucketName: bucket });
}

/** A bucket that is to go still has objects. */
export function bucketNotEmpty(bucket: string): S3Error {
  const message = "There are objects in the bucket.";
  return new S3Error("BucketNotEmpty", 409, message, { BucketName: bucket });
}

/** There is no such object. */
export function noSuchKey(key: string): S3Error {
  return new S3Error("NoSuchKey", 404, "There is no object of that key.", { Key: key });
}

/** There is no such unfinished upload of this object. */
export function noSuchUpload(id: string): S3Error {
  return new S3Error(
    "NoSuchUpload",
    404,
    "There is no unfinished upload of that id: it was never begun, or is over.",
    { UploadId: id },
  );
}

/** A parameter or a header field has a value that it cannot have. */
export function invalidArgument(message: string, name: string, value: string): S3Error {
  const details = { ArgumentName: name, ArgumentValue: value };
  return new S3Error("InvalidArgument", 400, message, details);
}

/** The request contradicts itself or what it is about. */
export function invalidRequest(message: string): S3Error {
  return new S3Error("InvalidRequest", 400, message);
}

/** The content is not the XML that the operation takes. */
export function malformedXml(): S3Error {
  return new S3Error(
    "MalformedXML",
    400,
    "The content is not the XML that this operation takes.",
  );
}

/** The content is not the one whose SHA-256 was signed. Both in lower-case hex. */
export function sha256Mismatch(announced: string, computed: string): S3Error {
  const details = {
    ClientComputedContentSHA256: announced,
    S3ComputedContentSHA256: computed,
  };
  const message = "The x-amz-content-sha256 header is not the SHA-256 of the content.";
  return new S3Error("XAmzContentSHA256Mismatch", 400, message, details);
}

/** A condition does not hold. @param condition The header field that states it. */
export function preconditionFailed(condition: string): S3Error {
  return new S3Error(
    "PreconditionFailed",
    412,
    "A condition of the request does not hold.",
    { Condition: condition },
  );
}

/** What is addressed cannot be used by this method. @param allowed The methods it can be used by. */
export function methodNotAllowed(method: string, allowed: string): S3Error {
  const details = { Method: method, allow: allowed };
  return new S3Error("MethodNotAllowed", 405, "This method cannot be used here.", details);
}

/** S3 has it and we do not. @param what What was asked for, as the subject of a sentence. */
export function notImplemented(what: string): S3Error {
  return new S3Error("NotImplemented", 501, `${what} is not implemented by this server.`);
}
