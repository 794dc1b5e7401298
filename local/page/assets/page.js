// The page of `make serve`: polls the local cloud once a second.

import { api } from "./api.js";
import * as bucket from "./bucket.js";
import * as deliveries from "./deliveries.js";
import { byId, element } from "./dom.js";
import { redraw } from "./inspector.js";
import * as send from "./send.js";
import { current, fillStatic, switchLanguage, t } from "./strings.js";
import * as faults from "./faults.js";
import * as commands from "./commands.js";

const EVERY_MS = 1000;
const THEMES = ["auto", "light", "dark"];
const SAVED_THEME = "ci-callback.theme";
const SIGNS = { auto: "◐", light: "☀", dark: "☾" };

let run = null;
let change = 0;
let stamp = null; // changes with the bucket
let isLive = null;
let isAsking = false;
let timer = 0;

async function poll() {
  if (isAsking) return;
  isAsking = true;
  clearTimeout(timer);
  try {
    const state = await api.state(change);
    if (state.run !== run) await begin(state.run);
    else await follow(state);
    setLive(true);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // fetch throws a TypeError when the server is gone
    setLive(false);
  } finally {
    isAsking = false;
    timer = setTimeout(poll, EVERY_MS);
  }
}

/** Start over with another local cloud. */
async function begin(newRun) {
  const choices = await api.choices();
  send.offer(choices);
  faults.offer(choices);
  deliveries.clear();
  const addresses = [...Object.entries(choices.addresses), ["COS", choices.cos]];
  byId("addresses").replaceChildren(...addresses.map((pair) => element("span", { textContent: pair.join(" ") })));
  const state = await api.state(0);
  await follow(state);
  run = newRun;
}

async function follow(state) {
  change = state.change;
  deliveries.take(state.deliveries);
  commands.take(state.deliveries);
  faults.show(state.faults);
  if (state.bucket !== stamp) await bucket.refresh();
  stamp = state.bucket;
}

function setLive(live) {
  if (live === isLive) return;
  isLive = live;
  drawLive();
}

function drawLive() {
  byId("live").className = isLive ? "on" : "off";
  byId("live").textContent = isLive === null ? "" : t(isLive ? "live.on" : "live.off");
}

function theme() {
  const saved = localStorage.getItem(SAVED_THEME);
  return THEMES.includes(saved) ? saved : "auto";
}

function drawSwitches() {
  document.documentElement.dataset.theme = theme();
  byId("theme").textContent = SIGNS[theme()];
  byId("theme").title = t(`theme.${theme()}`);
  byId("theme").ariaLabel = t(`theme.${theme()}`);
  byId("reset").title = t("reset.title");
  byId("language").textContent = t("language.other");
  byId("language").lang = current() === "en" ? "zh-CN" : "en";
}

function drawAll() {
  fillStatic();
  drawSwitches();
  drawLive();
}

byId("language").addEventListener("click", () => {
  switchLanguage();
  drawAll();
  send.redrawForm();
  faults.draw();
  commands.draw();
  deliveries.redrawRows();
  bucket.draw();
  redraw();
});
byId("theme").addEventListener("click", () => {
  localStorage.setItem(SAVED_THEME, THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]);
  drawSwitches();
});
document.addEventListener("sent", poll);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") poll();
});

drawAll();
poll();
