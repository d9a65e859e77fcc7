// The errors that several S3 operations answer with, each with the code and status that S3 gives it.

import { S3Error } from "./error.ts";

/** There is no such bucket. */
export function noSuchBucket(bucket: string): S3Error {
  const details = { BucketName: bucket };
  return new S3Error("NoSuchBucket", 404, "The specified bucket does not exist", details);
}

/** There is no such object. */
export function noSuchKey(key: string): S3Error {
  return new S3Error("NoSuchKey", 404, "The specified key does not exist.", { Key: key });
}

/** There is no such unfinished upload of this object. */
export function noSuchUpload(id: string): S3Error {
  return new S3Error(
    "NoSuchUpload",
    404,
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
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
    "The XML you provided was not well-formed or did not validate against our published schema",
  );
}

/** A condition does not hold. @param condition The header field that states it. */
export function preconditionFailed(condition: string): S3Error {
  return new S3Error(
    "PreconditionFailed",
    412,
    "At least one of the pre-conditions you specified did not hold",
    { Condition: condition },
  );
}

/** S3 has it and we do not. @param what What was asked for, as the subject of a sentence. */
export function notImplemented(what: string): S3Error {
  return new S3Error("NotImplemented", 501, `${what} is not implemented by this server.`);
}
