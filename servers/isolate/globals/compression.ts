// Compression: what comes out of it belongs to the request that made it, as the runtime's own streams do.

import {
  type AnyConstructor,
  type Patches,
  standIn,
} from "../../durable_objects/globals/patches.ts";
import { CallPlace } from "../../durable_objects/place.ts";
import { own } from "../foreign_touch.ts";

/** Dispatches `CompressionStream` and `DecompressionStream`. */
export function patchCompression(patches: Patches): void {
  for (const Original of [CompressionStream, DecompressionStream]) {
    const made = standIn(patches, Original as unknown as AnyConstructor, (args, newTarget) => {
      const stream: CompressionStream = Reflect.construct(Original, args, newTarget);
      own(stream.readable, { place: new CallPlace(made) });
      return stream;
    }, () => Reflect.apply(Original as unknown as () => never, undefined, []));
  }
}
