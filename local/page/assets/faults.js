// The switch for faults between the function and COS.

import { api } from "./api.js";
import { byId } from "./dom.js";

const form = byId("faults-form");
let presets = {}; // summaries by name
let now = null;

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
  const isKnown = name === "none" || (!name && form.text.value === summary);
  byId("faults-now").textContent = isKnown ? "" : summary.replaceAll(",", ", ");
  showOwn();
}

function showOwn() {
  byId("own-faults").hidden = form.faults.value !== "own";
}

async function change(text) {
  let error = "";
  try {
    show((await api.setFaults(text)).faults);
  } catch (refused) {
    error = refused.message;
  }
  byId("faults-error").textContent = error;
}

form.addEventListener("change", (event) => {
  if (event.target.name !== "faults") return;
  showOwn();
  if (form.faults.value === "own") form.text.focus();
  else change(form.faults.value);
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  change(form.text.value);
});
