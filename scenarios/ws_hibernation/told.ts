// What a target's own figures tell of one object: what it got, what it answered, whether it slept.

import { z } from "zod";
import { IncompleteError, InconclusiveError } from "../../lab/errors.ts";
import { readFigures } from "../../probes/figures.ts";
import type { Context } from "./room.ts";

const count = z.number().nonnegative().nullable().catch(null);

const objectSchema = z.object({
  name: z.string().nullable().catch(null),
  instance: z.string().nullable().catch(null),
  received: count,
  answered: count,
  closes: count,
  alarms: count,
  evictions: count,
  reconstructions: count,
  attachmentsRestored: count,
  sockets: z.object({ hibernatable: z.number(), plain: z.number() })
    .transform(({ hibernatable, plain }) => hibernatable + plain).nullable().catch(null),
  blockers: z.array(z.string()).nullable().catch(null),
});

/** What the figures tell of an object; null for what they leave out. */
export interface Told {
  /** The instance that told them, where it is the object itself that does. */
  instance: string | null;
  /** How many messages it got, */
  received: number | null;
  /** and how many it answered, by its own account. */
  answered: number | null;
  /** How often its close handler ran. */
  closes: number | null;
  /** How often its alarm ran. */
  alarms: number | null;
  /** How often it was evicted, */
  evictions: number | null;
  /** and how often it was constructed again. */
  reconstructions: number | null;
  /** How often it found what it had attached to a socket, after it was constructed again. */
  attachmentsRestored: number | null;
  /** How many sockets of it are open. */
  sockets: number | null;
  /** What keeps it in memory, each a phrase. */
  blockers: readonly string[] | null;
}

/** What those figures tell of an object of this name, as far as they do; null when they do not. */
export function toldOf(objects: unknown, name: string): Told | null {
  const all = z.array(objectSchema).safeParse(objects);
  if (!all.success) return null;
  const found = all.data.find((one) => one.name === name) ??
    // A Worker that tells of the one object that was asked for may not know its name.
    (all.data.length === 1 && all.data[0]?.name === null ? all.data[0] : undefined);
  if (found === undefined) return null;
  const { name: _name, ...told } = found;
  return told;
}

/**
 * Reads what the target tells of an object at this moment; null where it has no figures, or they do not
 * tell of it. Figures that cannot be read are no reason to forget what was seen: the user is warned.
 */
export async function readTold(context: Context, name: string): Promise<Told | null> {
  const { access: { statsUrl }, signal, timeline, warn } = context;
  if (statsUrl === undefined) return null;
  const url = new URL(statsUrl);
  url.searchParams.set("object", name);
  try {
    const { objects } = await readFigures(url, { signal });
    const told = toldOf(objects, name);
    timeline.add("figures", "read", { ...told, blockers: told?.blockers?.join("; ") ?? null });
    return told;
  } catch (error) {
    if (!(error instanceof InconclusiveError) || error instanceof IncompleteError) throw error;
    timeline.add("figures", "unreadable", { why: error.message });
    warn(error.message);
    return null;
  }
}

/** The same until it is as wanted, or the time is over; the last either way. */
export async function awaitTold(
  context: Context,
  name: string,
  wanted: (told: Told) => boolean,
  untilMs: number,
): Promise<Told | null> {
  const { clock, signal, params: { thresholdMs } } = context;
  while (true) {
    const told = await readTold(context, name);
    if (told === null || wanted(told) || clock.now() >= untilMs) return told;
    await clock.sleep(thresholdMs / 4, { signal });
  }
}

/**
 * Where messages were lost, as the second half of a sentence: on the way to the object, in it, or on the
 * way back.
 *
 * @param sent How many messages were sent to the object.
 */
export function sayWhere(sent: number, told: Told | null): string {
  const { received = null, answered = null } = told ?? {};
  if (received === null) return "; whether it got them is not known (--stats-url)";
  if (received < sent) {
    return `; by its figures it never got all: ${received} of ${sent} messages arrived`;
  }
  const got = `; by its figures it got all ${sent} messages`;
  if (answered === null) return `${got}, and what it answered is not told`;
  if (answered < sent) return `${got} and answered ${answered} of them at most`;
  return `${got} and answered them: what it sent was lost on its way`;
}
