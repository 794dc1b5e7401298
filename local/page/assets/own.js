// A body from a file: chosen, or dropped anywhere on the form.

import { byId, foreign, size } from "./dom.js";
import { explained } from "./messages.js";
import { t } from "./strings.js";

const form = byId("send-form");
const section = byId("send");
const MOST = 6_000_000; // bytes; SCF takes no larger event

/** Draw the name of the file, without one what to do; the browser's own words may be in another language. */
export function drawOwn() {
  const [file] = form.file.files;
  byId("own-name").replaceChildren(file ? foreign(`${file.name}, ${size(file.size)}`) : t("own.choose"));
}

/** The request that sends the file; throws an error with a text for the form. */
export async function own() {
  const [file] = form.file.files;
  if (!file) throw explained("own.none");
  if (file.size > MOST) throw explained("own.large");
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", () => reject(explained("own.unreadable")));
    reader.readAsDataURL(file);
  });
  return { own: { body: url.slice(url.indexOf(",") + 1), trigger: form.via.value } };
}

const hasFile = (event) => event.dataTransfer.types.includes("Files");

section.addEventListener("dragover", (event) => {
  if (!hasFile(event)) return;
  event.preventDefault();
  section.classList.add("dropping");
});
section.addEventListener("dragleave", () => section.classList.remove("dropping"));
section.addEventListener("drop", (event) => {
  section.classList.remove("dropping");
  if (!hasFile(event)) return;
  event.preventDefault();
  form.file.files = event.dataTransfer.files;
  form.kind.value = "own";
  form.dispatchEvent(new Event("change"));
});
