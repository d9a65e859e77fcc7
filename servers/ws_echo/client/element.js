// Small things that every part of the page does with elements.

/** The element of an id. */
export const at = (id) => document.getElementById(id);

/** A new element with a text and attributes. */
export function make(name, text, attributes = {}) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** Leaves a text alone that is there already: a live region would be read out again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Adds to a list that scrolls, keeps its end in view unless somebody looks elsewhere, and bounds it. */
export function append(scroller, list, element, most) {
  const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 24;
  list.append(element);
  while (list.childElementCount > most) list.firstElementChild.remove();
  if (atEnd) scroller.scrollTop = scroller.scrollHeight;
}
