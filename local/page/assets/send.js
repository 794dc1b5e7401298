// The form that sends an event: recorded, generated, or with a body of one's own.

import { api } from "./api.js";
import { byId, element } from "./dom.js";
import { explained, translated } from "./messages.js";
import { drawOwn, own } from "./own.js";
import { t } from "./strings.js";

const form = byId("send-form");
const FIRST_TAG = "SoundHound";
const FIRST_EVENT = "function-url-json-success";
const KINDS = ["recorded", "generated", "own"];
let mutations = {};
let reviews = [];
let verdicts = [];
let formatBefore = null; // the choice for other Tags, while that of a review is JSON
let shown = {}; // {sent} or {error}

/** Fill the form with the choices. */
export function offer(choices) {
  ({ mutations, reviews, verdicts } = choices);
  fillSelect(form.tag, choices.tags);
  fillSelect(form.state, choices.states);
  fillSelect(form.format, choices.formats);
  fillSelect(form.trigger, choices.triggers);
  fillSelect(form.via, ["function-url", "apigw"]);
  form.tag.value = FIRST_TAG;
  form.recorded.dataset.names = JSON.stringify(choices.recorded);
  redrawForm();
  form.recorded.value = FIRST_EVENT;
  formatBefore = null;
  followTag();
}

/** Draw the texts of the current language. */
export function redrawForm() {
  const [recorded, mutation, verdict] = [form.recorded.value, form.mutate.value, form.result.value];
  drawRecorded(JSON.parse(form.recorded.dataset.names ?? "[]"));
  form.mutate.replaceChildren(new Option(t("mutate.none"), ""), ...Object.keys(mutations).map((name) => new Option(name)));
  form.result.replaceChildren(new Option(t("verdict.any"), ""), ...verdicts.map((each) => new Option(t(`verdict.${each}`), each)));
  [form.recorded.value, form.mutate.value, form.result.value] = [recorded, mutation, verdict];
  explain();
  draw();
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

const isReview = () => reviews.includes(form.tag.value);

/** A review is posted as JSON alone, and has a verdict. */
function followTag() {
  byId("verdict").hidden = !isReview();
  [...form.format.options].find((each) => each.value === "xml").disabled = isReview();
  if (isReview() && formatBefore === null) {
    formatBefore = form.format.value;
    form.format.value = "json";
  } else if (!isReview() && formatBefore !== null) {
    form.format.value = formatBefore;
    formatBefore = null;
  }
}

async function wanted() {
  if (form.kind.value === "recorded") return { recorded: form.recorded.value };
  if (form.kind.value === "own") return own();
  if (!form.seed.validity.valid) throw explained("seed.wrong");
  return {
    generated: {
      tag: form.tag.value,
      state: form.state.value,
      format: form.format.value,
      trigger: form.trigger.value,
      mutate: form.mutate.value ? [form.mutate.value] : [],
      seed: Number(form.seed.value),
      ...(isReview() && form.result.value ? { result: form.result.value } : {}),
    },
  };
}

function draw() {
  drawOwn();
  byId("send-status").textContent = shown.sent ? t("send.sent") : "";
  byId("send-error").textContent = shown.error ? translated(shown.error) : "";
}

function report(what) {
  shown = what;
  draw();
}

form.addEventListener("change", () => {
  for (const kind of KINDS) byId(`${kind}-fields`).hidden = form.kind.value !== kind;
  followTag();
  report({});
  explain();
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await api.send(await wanted());
    report({ sent: true });
  } catch (error) {
    report({ error });
  }
  document.dispatchEvent(new Event("sent"));
});
