// The Worker whose experiments are made on workerd and on the model: the same source for both.

import { bursts } from "./bursts.ts";
import { type BurstBench, Meeting } from "./meeting.ts";
import { outcomeOf } from "./touch.ts";
import { touches } from "./touches.ts";

/** The Worker's bindings. */
interface Bindings {
  /** A server that is asked, without a final slash. */
  ORIGIN: string;
}

const meetings = new Map<string, Meeting>();
const made = new Map<string, { thing: unknown }>();

function meetingOf(name: string): Meeting {
  let meeting = meetings.get(name);
  if (meeting === undefined) meetings.set(name, meeting = new Meeting());
  return meeting;
}

/** An error is caught in the handler, as a gateway would. */
async function burst(name: string, bench: BurstBench): Promise<Response> {
  const row = bursts[name];
  if (row === undefined) return new Response("no such row", { status: 404 });
  if (name === "an error of its own") return Response.json(await row(bench) ?? null);
  const outcome = await outcomeOf(() => row(bench));
  return outcome instanceof Response ? outcome : new Response(outcome);
}

export default {
  async fetch(
    request: Request,
    { ORIGIN }: Bindings,
    ctx: { waitUntil(promise: Promise<unknown>): void },
  ): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const name = searchParams.get("name") ?? "";
    const key = searchParams.get("key") ?? "";
    const held = `${ORIGIN}/held?${new URLSearchParams({ key })}`;
    switch (pathname) {
      case "/rows":
        return Response.json({ touches: Object.keys(touches), bursts: Object.keys(bursts) });
      case "/began":
        return Response.json(meetingOf(key).began);
      case "/burst":
        return await burst(name, {
          meeting: meetingOf(key),
          id: Number(searchParams.get("id")),
          request,
          ctx,
          held,
          some: `${ORIGIN}/some`,
        });
      case "/make":
        made.set(key, { thing: await touches[name]?.make({ request, origin: ORIGIN, ctx }) });
        if (touches[name]?.isOver === undefined) await (await fetch(held)).text();
        return new Response("made");
      case "/touch": {
        const outcome = await outcomeOf(() =>
          touches[name]?.touch(made.get(key)?.thing, { request, origin: ORIGIN, ctx })
        );
        return outcome instanceof Response ? outcome : new Response(outcome);
      }
      default:
        return new Response("nothing here", { status: 404 });
    }
  },
};
