// Telling that a gate refused one: kept on the phone first, then sent; the answer brings the slip for the platform.
import { now } from "./clock.js";
import { dialog } from "./dialogs.js";
import { put } from "./outbox.js";
import { lastPlace } from "./places.js";
import { find } from "./words.js";

const box = dialog("refused");
const form = find("[data-refusal]", box);
const [waits, sent] = ["[data-refusal-waits]", "[data-refusal-sent]"].map((one) => find(one, box));
let last = null;

async function begin() {
  form.hidden = false;
  waits.hidden = sent.hidden = true;
  last = await lastPlace();
  if (!form.elements.place.value) form.elements.place.value = last?.name ?? "";
  if (!form.elements.gate.value) form.elements.gate.value = last?.gate ?? "";
}

async function submit() {
  const { place, gate, reason, note } = Object.fromEntries(new FormData(form));
  // What was left as the phone wrote it is that very place; anything else is what the courier says.
  const isLast = last && place === last.name;
  const told = { at_ms: Math.round(now()), gate, reason, note, ...(isLast ? { listing: last.listing } : { place }) };
  form.hidden = true;
  const { sent: answer } = await put("/code/refused/", told);
  form.reset();
  waits.hidden = Boolean(answer);
  sent.hidden = !answer;
  if (answer) find("[data-slip]", box).href = answer.slip;
}

export function bindRefusing() {
  box.addEventListener("open", begin);
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
}
