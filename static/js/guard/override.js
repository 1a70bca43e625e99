// The guard's own decision when a screen is broken or there is no network: always with a reason, never counted as a proof.
import { desk } from "./desk.js";
import { put } from "./queue.js";
import { remember } from "./recent.js";
import { makeRow } from "./row.js";
import { showVerdict } from "./verdict.js";
import { onTap, part } from "./views.js";

export function bindOverride(tools) {
  async function decide(why) {
    const row = await put(await makeRow(desk, tools.clock, { method: "override", verdict: "manual_override", why }));
    const decided = { verdict: "manual_override", opens: true, name: null, platform: null, row };
    showVerdict(decided, tools);
    remember(decided);
    tools.sender.flush();
  }

  onTap("reason", (key) => decide(key.textContent.trim()));
  part("reason-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = event.target.elements.why;
    const why = field.value.trim();
    field.value = "";
    if (why) decide(why);
  });
}
