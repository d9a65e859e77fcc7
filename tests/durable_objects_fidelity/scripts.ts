// What objects do, by their names: an object follows the script that it is named after.

import { alarmScripts } from "./alarm_scripts.ts";
import type { Scripts } from "./bench.ts";
import { sleepers, woken } from "./sleep_scripts.ts";
import { socketScripts } from "./socket_scripts.ts";

/** All of them. */
export const scripts: Scripts = { ...sleepers, ...woken, ...alarmScripts, ...socketScripts };
