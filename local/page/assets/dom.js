// DOM helpers. Text stays text: nothing on the page parses markup.

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** A new element with `properties`: `data` becomes data attributes, `role` and names with a hyphen attributes. */
export function element(name, properties = {}, ...children) {
  const created = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "data") Object.assign(created.dataset, value);
    else if (key === "role" || key.includes("-")) created.setAttribute(key, value);
    else created[key] = value;
  }
  created.append(...children.filter((child) => child != null));
  return created;
}

/** Foreign text: its direction marks do not affect the text around it. */
export const foreign = (text, className = "") => element("bdi", { className, textContent: visible(text) });

// Control characters and direction marks.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The text with invisible characters as escapes, like \u202e. */
export function visible(text) {
  return text.replace(UNSEEN, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A number of bytes, human-readable. */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

// In 24 hours whatever the language; hour12: false would write midnight as 24.
const hours = { hourCycle: "h23" };

/** The time of day of a moment, in milliseconds since 1970. */
export const clock = (time, language) => new Date(time).toLocaleTimeString(language, { ...hours, timeStyle: "medium" });

/** Day and time of a moment. */
export const moment = (time, language) => new Date(time).toLocaleString(language, { ...hours, dateStyle: "medium", timeStyle: "medium" });

/**
 * One tab stop for a list: arrows, Home and End move between the visible `items`.
 * `onMove` is called with the item they reach.
 */
export function rove(container, items, onMove = () => {}) {
  const stops = () => [...container.querySelectorAll(items)].filter((item) => item.offsetParent !== null);
  const steps = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
  container.addEventListener("keydown", (event) => {
    if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
    const all = stops();
    const here = all.indexOf(document.activeElement);
    const target = all[Math.min(Math.max(here + steps[event.key], 0), all.length - 1)];
    event.preventDefault();
    target?.focus();
    if (target) onMove(target);
  });
  container.addEventListener("focusin", (event) => {
    const item = event.target.closest(items);
    if (item) only(container, items, item);
  });
}

/** Make `item` (or the first one) the one that Tab reaches. */
export function only(container, items, item = container.querySelector(items)) {
  for (const each of container.querySelectorAll(items)) each.tabIndex = each === item ? 0 : -1;
}
