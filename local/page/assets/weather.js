// The switch for the weather between the function and COS.

import { api } from "./api.js";
import { byId } from "./dom.js";

const form = byId("weather-form");
let presets = {}; // by name: what the local cloud calls it
let now = null;

/** Know the names of the weathers there are. */
export function offer(choices) {
  presets = choices.weather;
}

/** Show what the weather is; somebody's own words are not written over. */
export function tell(summary) {
  if (summary === now) return;
  now = summary;
  const name = Object.keys(presets).find((each) => presets[each] === summary);
  form.weather.value = name ?? "own";
  if (!name && !form.text.value) form.text.value = summary;
  const isKnown = name === "fair" || (!name && form.text.value === summary);
  byId("weather-now").textContent = isKnown ? "" : summary.replaceAll(",", ", ");
  showOwn();
}

function showOwn() {
  byId("own-weather").hidden = form.weather.value !== "own";
}

async function change(text) {
  let error = "";
  try {
    tell((await api.setWeather(text)).weather);
  } catch (refused) {
    error = refused.message;
  }
  byId("weather-error").textContent = error;
}

form.addEventListener("change", (event) => {
  if (event.target.name !== "weather") return;
  showOwn();
  if (form.weather.value === "own") form.text.focus();
  else change(form.weather.value);
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  change(form.text.value);
});
