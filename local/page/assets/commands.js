// The buttons for the function's commands, whose report is opened, and for the reset of the local cloud.

import { api } from "./api.js";
import { newest } from "./deliveries.js";
import { byId } from "./dom.js";
import { close, showDelivery } from "./inspector.js";
import { translated } from "./messages.js";

let after = null; // the newest delivery before the command whose end is awaited
let refusal = null;

/** Open the report of the last command once it has ended. */
export function take(changed) {
  const ended = after !== null && changed.find((each) => each.number > after && each.trigger === "invoke" && !each.running);
  if (!ended) return;
  after = null;
  showDelivery(ended.number);
}

/** Draw the error in the current language. */
export function draw() {
  byId("commands-error").textContent = refusal ? translated(refusal) : "";
}

async function attempt(action) {
  refusal = null;
  try {
    await action();
  } catch (error) {
    refusal = error;
  }
  draw();
  document.dispatchEvent(new Event("sent"));
}

for (const button of document.querySelectorAll("[data-command]")) {
  button.addEventListener("click", () =>
    attempt(async () => {
      const before = newest();
      await api.send({ command: button.dataset.command });
      after = before;
    }),
  );
}
byId("reset").addEventListener("click", () =>
  attempt(async () => {
    after = null;
    close();
    await api.reset();
  }),
);
