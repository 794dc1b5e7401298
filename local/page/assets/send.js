// The form that sends an event, recorded or generated.

import { api } from "./api.js";
import { byId, element } from "./dom.js";
import { t } from "./strings.js";

const form = byId("send-form");
const FIRST_TAG = "SoundHound";
const FIRST_EVENT = "function-url-json-success";
let mutations = {};

/** Fill the form with the choices. */
export function offer(choices) {
  mutations = choices.mutations;
  fillSelect(form.tag, choices.tags);
  fillSelect(form.state, choices.states);
  fillSelect(form.format, choices.formats);
  fillSelect(form.trigger, choices.triggers);
  form.tag.value = FIRST_TAG;
  form.recorded.dataset.names = JSON.stringify(choices.recorded);
  redrawForm();
  form.recorded.value = FIRST_EVENT;
}

/** Draw the texts of the current language. */
export function redrawForm() {
  const [recorded, mutation] = [form.recorded.value, form.mutate.value];
  drawRecorded(JSON.parse(form.recorded.dataset.names ?? "[]"));
  form.mutate.replaceChildren(new Option(t("mutate.none"), ""), ...Object.keys(mutations).map((name) => new Option(name)));
  [form.recorded.value, form.mutate.value] = [recorded, mutation];
  explain();
}

function drawRecorded(names) {
  const groups = { "function-url": [], apigw: [], other: [], tags: [] };
  for (const name of names) {
    const group = name.startsWith("tags/") ? "tags" : ["function-url", "apigw"].find((each) => name.startsWith(`${each}-`));
    groups[group ?? "other"].push(new Option(name.replace(/^tags\//, ""), name));
  }
  form.recorded.replaceChildren(
    ...Object.entries(groups).map(([group, options]) => element("optgroup", { label: t(`group.${group}`) }, ...options)),
  );
}

function fillSelect(select, names) {
  select.replaceChildren(...names.map((name) => new Option(name)));
}

function explain() {
  const name = form.mutate.value;
  byId("mutation").textContent = name ? t(`mutation.${name}`, {}, mutations[name]) : "";
}

const isGenerated = () => form.kind.value === "generated";

function wanted() {
  if (!isGenerated()) return { recorded: form.recorded.value };
  return {
    generated: {
      tag: form.tag.value,
      state: form.state.value,
      format: form.format.value,
      trigger: form.trigger.value,
      mutate: form.mutate.value ? [form.mutate.value] : [],
      seed: Number(form.seed.value),
    },
  };
}

function report({ status = "", error = "" } = {}) {
  byId("send-status").textContent = status;
  byId("send-error").textContent = error;
}

form.addEventListener("change", () => {
  byId("recorded-fields").hidden = isGenerated();
  byId("generated-fields").hidden = !isGenerated();
  form.seed.disabled = !isGenerated(); // the browser must not complain about a hidden field
  report();
  explain();
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await api.send(wanted());
    report({ status: t("send.sent") });
  } catch (refused) {
    report({ error: refused.message });
  }
  document.dispatchEvent(new Event("sent"));
});
