// The content of an S3 request as its handler reads it: without framing, checked as it comes.

/** The checksums that S3 knows beside MD5, as in `x-amz-checksum-NAME`. */
export type ChecksumAlgorithm = "crc32" | "crc32c" | "crc64nvme" | "sha1" | "sha256";

/** What a content turned out to be. */
export interface Digest {
  /** Its length, in bytes. */
  sizeBytes: number;
  /** Its MD5, in lower-case hex. */
  md5: string;
  /** The checksum that the client sent or asked for, in Base64, once it is known to hold. */
  checksum?: { algorithm: ChecksumAlgorithm; value: string };
}

/** How a content is read. */
export interface ChunkOptions {
  /**
   * Whether the reader is done with an array once it asks for the next. Its memory may then be taken
   * back at once, which empties it; else the garbage collector gets to it when it wants to. Default:
   * false.
   */
  lent?: boolean;
}

/** The content of a request, without aws-chunked framing. */
export interface Payload {
  /** Its length, in bytes, as the headers say (`x-amz-decoded-content-length` or Content-Length). */
  readonly lengthBytes: number | undefined;
  /**
   * The content as it comes. Can be iterated once. Ends with an {@linkcode S3Error} when a chunk's
   * signature, the framing, the length, `x-amz-content-sha256`, `Content-MD5` or a checksum (header or
   * trailer) does not hold.
   */
  chunks(options?: ChunkOptions): AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** What came. Only after {@linkcode chunks} has ended without an error. */
  digest(): Digest;
  /**
   * The whole content, for the XML that some operations take.
   *
   * @param maxBytes More than this is refused with `MalformedXML` (400), as it comes.
   */
  text(maxBytes: number): Promise<string>;
}
