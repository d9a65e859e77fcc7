// Which bytes of an object a read asks for: by Range, by the number of a part, or all.

import { S3Error } from "../../s3/error.ts";
import { invalidArgument, invalidRequest } from "../../s3/errors.ts";
import type { Call } from "../call.ts";
import type { ObjectRecord } from "../storage.ts";
import { rangeHolds } from "./objects_precondition.ts";

/** A run of an object's bytes. */
export interface Selection {
  /** The first byte. */
  start: number;
  /** The byte after the last one. */
  end: number;
  /** Whether it was asked for as a part of the whole, which makes the answer a 206. */
  partial: boolean;
}

/** The most parts that an object can have. */
const MAX_PARTS = 10_000;

/**
 * Selects what a GET or HEAD asks for. A Range of another unit, with mistakes or with several ranges is
 * ignored (RFC 9110 §14.2); S3 gives no multipart/byteranges either.
 *
 * @throws {S3Error} `InvalidRange` (416), `InvalidPartNumber` (416), `InvalidArgument` (400), or
 * `InvalidRequest` (400) where a range and a part are both asked for.
 */
export function select(call: Pick<Call, "headers" | "query">, object: ObjectRecord): Selection {
  const { sizeBytes } = object;
  const range = call.headers.get("range");
  const partNumber = call.query.get("partNumber");
  if (partNumber !== null) {
    if (range !== null) {
      throw invalidRequest("A Range and a partNumber exclude each other.");
    }
    return selectPart(partNumber, object);
  }
  const whole = { start: 0, end: sizeBytes, partial: false };
  if (range === null || !rangeHolds(call.headers, object)) return whole;
  const [, from = "", to = ""] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(range) ?? [];
  if (from === "" && to === "") return whole;
  if (from !== "" && to !== "" && Number(to) < Number(from)) return whole;
  const start = from === "" ? Math.max(sizeBytes - Number(to), 0) : Number(from);
  const end = from === "" || to === "" ? sizeBytes : Math.min(Number(to) + 1, sizeBytes);
  if (start >= end) {
    throw new S3Error(
      "InvalidRange",
      416,
      "The object has none of the bytes that were asked for.",
      {
        RangeRequested: range,
        ActualObjectSize: String(sizeBytes),
      },
    );
  }
  return { start, end, partial: true };
}

/** An object that was put in one piece is its own part 1. */
function selectPart(text: string, object: ObjectRecord): Selection {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > MAX_PARTS) {
    const message = `Expected a part number from 1 to ${MAX_PARTS}`;
    throw invalidArgument(message, "partNumber", text);
  }
  const sizes = object.partSizes ?? [object.sizeBytes];
  const size = sizes[number - 1];
  if (size === undefined) {
    throw new S3Error("InvalidPartNumber", 416, "The object has no such part.", {
      PartNumberRequested: text,
      ActualPartCount: String(sizes.length),
    });
  }
  const start = sizes.slice(0, number - 1).reduce((sum, one) => sum + one, 0);
  return { start, end: start + size, partial: size > 0 };
}
