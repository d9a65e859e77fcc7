// The fields of the connection: each says what the others say, and the page's own URL may set them.

import { addressOf, refusalOf, socketUrl, withAddress } from "./address.js";
import { at } from "./element.js";

/** The shortest time after which an answer counts as lost, in milliseconds. */
const LEAST_LOST_MS = 100;

/**
 * Fills the fields and keeps them together. A link to the page can set them:
 * `?object=NAME&plain&heartbeat=5&lost=2&url=wss://…`.
 *
 * @param {{ heartbeatEvery(ms: number): void, lostAfter(ms: number): void }} on Told of the durations, now
 * and when they change, in milliseconds.
 */
export function wireFields(on) {
  const given = new URL(location.href).searchParams;
  // One's own object, unless one asks for a certain one: others may use this host too.
  const object = given.get("object") ?? `page-${Math.random().toString(36).slice(2, 7)}`;
  const url = given.get("url") ?? "";
  at("url").value = refusalOf(url) === undefined
    ? url
    : socketUrl(location.href, { object, plain: given.has("plain") });
  for (const [name, id] of [["heartbeat", "heartbeat-every"], ["lost", "lost-after"]]) {
    if (given.has(name)) at(id).value = given.get(name);
  }
  const followNumbers = () => {
    const everyMs = at("heartbeat-every").valueAsNumber * 1_000;
    if (everyMs >= 0) on.heartbeatEvery(everyMs);
    const lostMs = at("lost-after").valueAsNumber * 1_000;
    if (lostMs >= LEAST_LOST_MS) on.lostAfter(lostMs);
  };
  followUrl();
  followNumbers();
  at("url").addEventListener("input", followUrl);
  for (const id of ["object", "plain", "hibernating"]) {
    at(id).addEventListener("input", followFields);
  }
  for (const id of ["heartbeat-every", "lost-after"]) {
    at(id).addEventListener("input", followNumbers);
  }
}

function followUrl() {
  const { object, plain } = addressOf(at("url").value);
  at("object").value = object;
  at("plain").checked = plain;
  at("hibernating").checked = !plain;
}

function followFields() {
  const address = { object: at("object").value.trim(), plain: at("plain").checked };
  at("url").value = withAddress(at("url").value, address);
}
