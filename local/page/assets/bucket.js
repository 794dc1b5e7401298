// The bucket as a tree: its keys, cut at every slash.

import { api } from "./api.js";
import { byId, element, foreign, only, rove, size } from "./dom.js";
import { opened, showObject } from "./inspector.js";
import { current, t } from "./strings.js";

const ITEM = '[role="treeitem"]';
const tree = byId("tree");
const closed = new Set(); // paths of closed folders
let last = { objects: [], left_out: 0 };

/** Fetch the bucket, and draw it if it has changed. */
export async function refresh() {
  const now = await api.bucket();
  if (JSON.stringify(now) === JSON.stringify(last)) return;
  last = now;
  draw();
}

/** Draw the tree. */
export function draw() {
  const focused = tree.contains(document.activeElement) ? document.activeElement.dataset.path : null;
  tree.replaceChildren(...branches(folder(last.objects), ""));
  byId("bucket-count").textContent = last.objects.length + last.left_out || "";
  byId("left-out").textContent = last.left_out ? t("bucket.left_out", { n: last.left_out.toLocaleString(current()) }) : "";
  const again = focused !== null && [...tree.querySelectorAll(ITEM)].find((item) => item.dataset.path === focused);
  only(tree, ITEM, again || undefined);
  if (again) again.focus({ preventScroll: true });
  mark();
}

/** {folders, objects} by the next part of their names. A Map, because a key may be called __proto__. */
function folder(objects, from = 0) {
  const found = { folders: new Map(), objects: [] };
  for (const object of objects) {
    const slash = object.key.indexOf("/", from);
    if (slash === -1) {
      found.objects.push({ ...object, name: object.key.slice(from) });
      continue;
    }
    const name = object.key.slice(from, slash + 1);
    if (!found.folders.has(name)) found.folders.set(name, []);
    found.folders.get(name).push(object);
  }
  return found;
}

function branches({ folders, objects }, path) {
  const below = [...folders].map(([name, inside]) => branch(name, inside, path + name));
  return [...below, ...objects.map(leaf)];
}

/** One folder; a folder that only contains a folder shares its line. */
function branch(name, inside, path) {
  const content = folder(inside, path.length);
  if (content.folders.size === 1 && content.objects.length === 0) {
    const [[next, deeper]] = content.folders;
    return branch(name + next, deeper, path + next);
  }
  return element(
    "li",
    { role: "treeitem", "aria-expanded": String(!closed.has(path)), data: { path } },
    element("span", { className: "node folder" }, foreign(name)),
    element("ul", { role: "group" }, ...branches(content, path)),
  );
}

function leaf(object) {
  return element(
    "li",
    { role: "treeitem", data: { path: object.key, key: object.key } },
    element("span", { className: "node" }, foreign(object.name || "/"), element("span", { className: "size", textContent: size(object.size) })),
  );
}

function toggle(item, open = item.ariaExpanded !== "true") {
  item.ariaExpanded = String(open);
  if (open) closed.delete(item.dataset.path);
  else closed.add(item.dataset.path);
}

function act(item) {
  if (item.ariaExpanded === null) showObject(item.dataset.key);
  else toggle(item);
}

/** Mark the open object. */
function mark() {
  const open = opened();
  for (const item of tree.querySelectorAll("[data-key]")) {
    item.ariaSelected = String(open?.kind === "object" && open.id === item.dataset.key);
  }
}

tree.addEventListener("click", (event) => {
  const item = event.target.closest(".node")?.closest(ITEM);
  if (!item) return;
  item.focus({ preventScroll: true });
  act(item);
});
tree.addEventListener("keydown", (event) => {
  const item = event.target.closest(ITEM);
  if (!item) return;
  const isFolder = item.ariaExpanded !== null;
  if (event.key === "Enter" || event.key === " ") act(item);
  else if (event.key === "ArrowRight" && isFolder) {
    if (item.ariaExpanded === "true") item.querySelector(ITEM)?.focus();
    else toggle(item, true);
  } else if (event.key === "ArrowLeft") {
    if (isFolder && item.ariaExpanded === "true") toggle(item, false);
    else item.parentElement.closest(ITEM)?.focus();
  } else return;
  event.preventDefault();
});
rove(tree, ITEM, (item) => {
  if (item.dataset.key !== undefined && opened()?.kind === "object") showObject(item.dataset.key);
});
document.addEventListener("inspected", mark);
