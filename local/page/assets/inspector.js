// The inspector of a delivery or an object: beside the list on a wide screen, modal on a narrow one.

import { api } from "./api.js";
import { byId, element, foreign, moment, size } from "./dom.js";
import { translated } from "./messages.js";
import { pretty } from "./pretty.js";
import { current, outcome, t } from "./strings.js";

const dialog = byId("inspector");
const wide = matchMedia("(min-width: 75rem)");
let open = null; // {kind: "delivery" | "object", id, load, draw}

/** The open item: {kind, id}, or null. */
export const opened = () => open;

/** Open a delivery by its number, or draw it again. */
export const showDelivery = (number) => show("delivery", number, () => api.delivery(number), drawDelivery);

/** Open an object by its key. */
export const showObject = (key) => show("object", key, () => api.object(key), drawObject);

/** Draw the open item again. */
export function redraw() {
  if (open) show(open.kind, open.id, open.load, open.draw);
}

async function show(kind, id, load, draw) {
  const mine = { kind, id, load, draw };
  const isNew = open?.kind !== kind || open?.id !== id;
  open = mine;
  let content;
  try {
    content = await load();
  } catch (error) {
    content = { error };
  }
  if (open !== mine) return; // another item has been opened in the meantime
  const body = byId("inspector-body");
  const top = isNew ? 0 : body.scrollTop;
  const isInside = body.contains(document.activeElement);
  byId("inspector-title").replaceChildren(kind === "object" ? foreign(id) : t("delivery.title", { n: id }));
  body.replaceChildren(...(content.error ? [element("p", { className: "error", textContent: translated(content.error) })] : draw(content)));
  if (!dialog.open) reveal();
  else if (isInside) byId("inspector-title").focus(); // the focused element is gone
  body.scrollTop = top;
  document.dispatchEvent(new Event("inspected"));
}

/** On a wide screen the focus stays in the list, so that its arrows move through it while the inspector follows. */
function reveal() {
  if (wide.matches) {
    const opener = document.activeElement;
    dialog.show();
    opener.focus({ preventScroll: true });
  } else {
    dialog.showModal();
    byId("inspector-title").focus();
  }
}

function drawDelivery(delivery) {
  const headersOf = (message) => message.headers && folded(t("delivery.headers"), pretty(message.headers));
  const isHttp = delivery.request.line !== "";
  return [
    facts([
      [t("column.time"), moment(delivery.time, current())],
      [t("column.trigger"), delivery.trigger],
      [t("column.tag"), delivery.tags.join(", ")],
      [t("column.state"), delivery.states.join(", ")],
      [t("column.outcome"), delivery.running ? t("running") : delivery.outcomes.map(outcome).join(", ")],
    ]),
    delivery.keys.length > 0 && part(t("delivery.objects"), ...delivery.keys.map(keyButton)),
    part(
      t(isHttp ? "delivery.request" : "delivery.event"),
      isHttp && element("p", { className: "line" }, foreign(delivery.request.line)),
      headersOf(delivery.request),
      ...content(delivery.request.body, delivery.request.left_out),
    ),
    delivery.reply &&
      part(
        t("delivery.reply"),
        delivery.reply.line && element("p", { className: "line" }, foreign(delivery.reply.line)),
        headersOf(delivery.reply),
        ...content(delivery.reply.body, delivery.reply.left_out),
      ),
    delivery.log && part(t("delivery.log"), ...delivery.log.trimEnd().split("\n").map(pretty)),
    delivery.report && part(t("delivery.report"), pretty(delivery.report)),
  ].filter(Boolean);
}

function drawObject(object) {
  const metadata = Object.entries(object.metadata).map((pair) => pair.join(": "));
  return [
    facts([
      [t("object.size"), size(object.size)],
      [t("object.type"), object.type],
    ]),
    metadata.length > 0 && folded(t("object.metadata"), pretty(metadata.join("\n"))),
    ...(object.text === null ? [hint(t("object.binary"))] : content(object.text, object.left_out)),
    ...deadLetter(object.text),
  ].filter(Boolean);
}

/** The body that a dead letter keeps, formatted. */
function deadLetter(text) {
  try {
    const { reason, body } = JSON.parse(text);
    return typeof reason === "string" && typeof body === "string" ? [part(t("object.dead_letter"), pretty(body))] : [];
  } catch {
    return [];
  }
}

function keyButton(key) {
  return element("button", { type: "button", className: "key", onclick: () => showObject(key) }, foreign(key));
}

function facts(pairs) {
  const rows = pairs.filter(([, value]) => value);
  return element(
    "dl",
    {},
    ...rows.flatMap(([name, value]) => [
      element("dt", { textContent: name }),
      element("dd", {}, foreign(value)),
    ]),
  );
}

function content(text, leftOut) {
  if (!text) return [hint(t("delivery.nothing"))];
  return [pretty(text), leftOut > 0 && hint(t("left_out", { n: leftOut.toLocaleString(current()) }))].filter(Boolean);
}

const hint = (text) => element("p", { className: "hint", textContent: text });

const part = (title, ...children) => element("section", { className: "part" }, element("h3", { textContent: title }), ...children.filter(Boolean));

const folded = (title, child) => element("details", {}, element("summary", { textContent: title }), child);

/** Close it. */
export const close = () => dialog.close();

byId("close").addEventListener("click", close);
// The browser restores the focus.
dialog.addEventListener("close", () => {
  open = null;
  document.dispatchEvent(new Event("inspected"));
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && dialog.open) dialog.close();
});
