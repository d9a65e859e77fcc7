// A child process that is the crowd: `crowd_client.ts PORT READERS`. Told on stdin what to do, line by
// line, it says on stdout when it is done:
//   connect     opens a connection for each reader                → "connected"
//   read PATH   sends each reader's request                       → "sent"
//   finish      waits until all are answered                      → a {@linkcode CrowdRound} as JSON

import { realClock } from "../lab/clock.ts";
import { Member } from "./member.ts";

/** What one round came to. */
export interface CrowdRound {
  /** When the last reader got its first byte, in milliseconds since the Unix epoch. */
  lastReaderAtMs: number;
  /** How many were answered, all with 200. */
  answered: number;
}

async function connect(port: number, readers: number): Promise<Member[]> {
  const members: Member[] = [];
  // A few at a time, so that no backlog of connections overflows.
  while (members.length < readers) {
    const missing = Math.min(100, readers - members.length);
    const batch = Array.from({ length: missing }, () => Member.connect(port, realClock));
    members.push(...await Promise.all(batch));
  }
  return members;
}

async function finish(members: readonly Member[]): Promise<CrowdRound> {
  const times = await Promise.all(members.map((one) => one.firstByte));
  // Only when the last time is known: reading on would delay it.
  for (const one of members) await one.rest();
  return { lastReaderAtMs: Math.max(...times), answered: times.length };
}

if (import.meta.main) {
  const [port = 0, readers = 0] = Deno.args.map(Number);
  let members: Member[] = [];
  for await (const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const [command, path = ""] = line.trim().split(" ");
    if (command === "connect") {
      members = await connect(port, readers);
      console.log("connected");
    } else if (command === "read") {
      for (const one of members) await one.send(path);
      console.log("sent");
    } else if (command === "finish") {
      console.log(JSON.stringify(await finish(members)));
    }
  }
}
