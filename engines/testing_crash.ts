// Starts an engine, prints its folder and waits to be killed.

import { realClock } from "../lab/clock.ts";
import { startEngine } from "./start.ts";
import { listenOn, scripted } from "./testing_engine.ts";

const scope = new AsyncDisposableStack();
let folder = "";
await startEngine(scripted, { program: "/bin/sh", version: "1.2.3", asRoot: false }, {
  launch(place) {
    folder = place.folder;
    return { args: ["-c", `sleep 600 & : ${place.folder}; ${listenOn(place.port)}`] };
  },
  clock: realClock,
  scope,
  signal: new AbortController().signal,
});
console.log(folder);
await new Promise(() => setTimeout(() => {}, 600_000));
