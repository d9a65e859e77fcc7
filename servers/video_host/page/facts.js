// What is known, in plain text: the clip, its open reads, the element's events.

import { seconds } from "./verdict.js";

function make(name, text, attributes = {}) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function mebibytes(bytes) {
  const value = bytes / 2 ** 20;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} MiB`;
}

const shown = new WeakMap();

/** Draws anew only what has changed, so that a selection or a reader's place is not lost. */
function redraw(place, content, draw) {
  const key = JSON.stringify(content);
  if (shown.get(place) === key) return;
  shown.set(place, key);
  place.replaceChildren(...draw(content));
}

/** Fills a description list with terms and what they are. */
function describe(list, entries) {
  redraw(list, entries, () =>
    entries.map(([term, text, kind]) => {
      const group = make("div");
      group.append(make("dt", term), make("dd", text, kind ? { class: kind } : {}));
      return group;
    }));
}

/** Shows where the clip is; it is `sinceMs` since the state was told. */
export function showClip(list, { clip, store, deletesInMs, closeBody }, sinceMs) {
  describe(list, [
    ["Object", clip?.key ?? "none yet", clip ? "code" : "soft"],
    ...(clip ? [["Size", mebibytes(clip.sizeBytes)], ["Read from", clip.urlHost]] : []),
    ["Bucket", `${store.bucket} at ${store.host}`],
    ["Signed for", `region ${store.region}`],
    ...(closeBody ? [["Unread bodies", "closed at once (--close-body)"]] : []),
    ...(deletesInMs === null
      ? []
      : [["Deleted in", `${Math.ceil(Math.max(0, deletesInMs - sinceMs) / 1_000)} s`]]),
  ]);
}

/** Shows the open reads: their ages are those of the state and `sinceMs` more. */
export function showReads(place, { reads, clip }, sinceMs) {
  const { open, from, waiting } = reads;
  const timeless = open.map(({ ageMs: _, ...read }) => read);
  redraw(place, { timeless, from, waiting, clip: clip?.key }, () => [
    open.length === 0 ? make("p", "None.", { class: "soft" }) : readTable(open, from),
    ...(waiting ? [waitingNote(waiting)] : []),
    ...(clip && from === "host" ? [make("p", HOST_NOTE, { class: "note" })] : []),
  ]);
  for (const [index, cell] of place.querySelectorAll("td.age").entries()) {
    cell.textContent = seconds(open[index].ageMs + sinceMs);
  }
}

const HOST_NOTE = "The store tells no figures: this is what the host itself holds open.";

function waitingNote(count) {
  const text = count === 1 ? "1 read waits for its turn." : `${count} reads wait for their turn.`;
  return make("p", text, { class: "waits" });
}

function readTable(open, from) {
  const table = make("table");
  const caption = from === "store" ? "As the store’s figures say" : "As the host knows";
  const head = make("tr"), top = make("thead"), body = make("tbody");
  for (const text of ["Read", "Sent", "Open for"]) head.append(make("th", text, { scope: "col" }));
  for (const { unread, region, sentBytes, sizeBytes } of open) {
    const name = make("th", unread ? "Unread download" : "Another, such as the video’s", {
      scope: "row",
    });
    name.append(make("span", `in ${region}`, { class: "soft" }));
    const sent = sentBytes === null
      ? "not known"
      : `${mebibytes(sentBytes)} of ${mebibytes(sizeBytes)}`;
    const row = make("tr");
    row.append(name, make("td", sent), make("td", "", { class: "age" }));
    body.append(row);
  }
  top.append(head);
  table.append(make("caption", caption, { class: "hidden" }), top, body);
  return table;
}

/** Shows what the element has said since it was told to load. */
export function showEvents(list, events) {
  if (events.size === 0) return describe(list, [["Nothing yet", "", "soft"]]);
  describe(
    list,
    [...events].map(([name, { atMs, times }]) => [
      name,
      seconds(atMs) + (times > 1 ? `, ${times} times` : ""),
    ]),
  );
}
