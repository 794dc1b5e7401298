// The list of deliveries, the newest first.

import { byId, clock, element, foreign, only, rove } from "./dom.js";
import { opened, redraw, showDelivery } from "./inspector.js";
import { current, outcome, t } from "./strings.js";

const MOST = 200;

const list = byId("delivery-list");
const rows = new Map(); // the line of each delivery, by number

/** Update the changed deliveries. */
export function take(changed) {
  for (const delivery of changed) {
    const old = list.querySelector(`[data-number="${delivery.number}"]`);
    rows.set(delivery.number, delivery);
    if (old) fill(old, delivery);
    else list.prepend(element("li", {}, fill(element("button", { type: "button", className: "row", data: { number: delivery.number } }), delivery)));
    if (opened()?.kind === "delivery" && opened().id === delivery.number) redraw();
  }
  while (list.children.length > MOST) {
    rows.delete(Number(list.lastElementChild.firstElementChild.dataset.number));
    list.lastElementChild.remove();
  }
  mark();
}

/** The number of the newest delivery, 0 without one. */
export const newest = () => Math.max(0, ...rows.keys());

/** Remove all deliveries: another local cloud is running at this address. */
export function clear() {
  rows.clear();
  list.replaceChildren();
  mark();
}

/** Draw every row in the current language. */
export function redrawRows() {
  for (const button of list.querySelectorAll("button")) fill(button, rows.get(Number(button.dataset.number)));
}

function fill(button, delivery) {
  const outcomes = delivery.running ? [t("running")] : delivery.outcomes.map(outcome);
  const text = (name, content) => element("span", { className: name }, foreign(content));
  const group = (name, ...children) => element("span", { className: name }, ...children);
  button.replaceChildren(
    group("what", text(`tag ${delivery.tags.length ? "" : "none"}`, delivery.tags.join(", ") || "–"), text("state", delivery.states.join(", "))),
    group("outcome", ...outcomes.map((each, at) => foreign(each, feeling(delivery.outcomes[at], delivery)))),
    group(
      "when",
      element("time", { className: "time", dateTime: new Date(delivery.time).toISOString(), textContent: clock(delivery.time, current()) }),
      text("trigger", delivery.trigger),
    ),
    group("numbers", text("ms", delivery.ms === null ? "…" : `${delivery.ms}`), text(`status ${delivery.status >= 400 ? "bad" : ""}`, `${delivery.status ?? ""}`)),
  );
  return button;
}

function feeling(outcome, { running, status }) {
  if (running) return "plain";
  if (outcome === "written") return "good";
  if (outcome === "dead-lettered") return "warn";
  return status >= 400 ? "bad" : "plain";
}

/** Mark the open delivery, the count, and the row that Tab reaches. */
function mark() {
  const open = opened();
  for (const button of list.querySelectorAll("button")) {
    button.ariaCurrent = String(open?.kind === "delivery" && open.id === Number(button.dataset.number));
  }
  byId("deliveries-count").textContent = rows.size || "";
  byId("no-deliveries").hidden = rows.size > 0;
  if (!list.querySelector('[tabindex="0"]')) only(list, "button");
}

list.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) showDelivery(Number(button.dataset.number));
});
rove(list, "button", (button) => {
  if (opened()?.kind === "delivery") showDelivery(Number(button.dataset.number));
});
document.addEventListener("inspected", mark);
