// Header fields that a gateway passes on, in both directions: a short list, and S3's own but for a few.

/** Which fields go on. Names are in lower case. */
export interface PassedFields {
  /** Fields of HTTP that mean the same on the other side. */
  readonly fields: readonly string[];
  /** Fields of S3, `x-amz-*`, that do not go on, as all others do. */
  readonly except: readonly string[];
}

/** The fields of a message that go on. */
export function passedFields(given: Headers, { fields, except }: PassedFields): Headers {
  const headers = new Headers();
  for (const [name, value] of given) {
    const isPassed = name.startsWith("x-amz-") ? !except.includes(name) : fields.includes(name);
    if (isPassed) headers.set(name, value);
  }
  return headers;
}
