// The switch for faults between the function and COS.

import { api } from "./api.js";
import { byId } from "./dom.js";
import { translated } from "./messages.js";
import { t } from "./strings.js";

const form = byId("faults-form");
let presets = {}; // summaries by name
let now = null;
let refusal = null;

/** Learn the presets. */
export function offer(choices) {
  presets = choices.faults;
}

/** Show the current faults; a description being typed is kept. */
export function show(summary) {
  if (summary === now) return;
  now = summary;
  const name = Object.keys(presets).find((each) => presets[each] === summary);
  form.faults.value = name ?? "own";
  if (!name && !form.text.value) form.text.value = summary;
  draw();
}

/** Draw the texts of the chosen faults: what they do, and for one's own those in force. */
export function draw() {
  const chosen = form.faults.value;
  byId("own-faults").hidden = chosen !== "own";
  const faults = (chosen === "own" ? now : presets[chosen])?.replaceAll(",", ", ") ?? "";
  byId("faults-now").textContent = t(`faults.hint.${chosen}`, { faults });
  byId("faults-error").textContent = refusal ? translated(refusal) : "";
}

async function change(text) {
  refusal = null;
  try {
    show((await api.setFaults(text)).faults);
  } catch (refused) {
    refusal = refused;
  }
  draw();
}

form.addEventListener("change", (event) => {
  if (event.target.name !== "faults") return;
  refusal = null;
  draw();
  if (form.faults.value === "own") form.text.focus();
  else change(form.faults.value);
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  change(form.text.value);
});
