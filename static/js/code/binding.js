// The gate for which the code is: after its print was scanned, until ten minutes have gone or another is scanned.
import { NO_GATE } from "../xg1/presentation.js";
import { now } from "./clock.js";
import { put } from "./outbox.js";
import { bound, changed, seconds, textNow } from "./pass.js";
import { remember } from "./store.js";
import { find } from "./words.js";

const FOR = 10 * 60_000;
const shown = find("[data-bound]");
const noting = find("[data-went-in]");
const words = noting.textContent;
let until = 0, print = "";

export function bindTo(place, text) {
  bound.gate = place.gate;
  until = now() + FOR;
  print = text;
  find("[data-place]").textContent = place.name;
  find("[data-terms]").href = `/g/${encodeURIComponent(text)}/`;
  noting.textContent = words;
  noting.disabled = false;
  shown.hidden = false;
  find("[data-unbound]").hidden = true;
  remember("place", { listing: place.place, name: place.name }).catch(() => null);
  changed();
}

function unbind() {
  bound.gate = NO_GATE;
  until = 0;
  shown.hidden = true;
  find("[data-unbound]").hidden = false;
  changed();
}

// The courier's own record: it waits for a signal when there is none.
async function note() {
  noting.disabled = true;
  await put("/g/claim/", { place: print, text: await textNow(), at_ms: Math.round(now()) });
  noting.textContent = noting.dataset.done;
}

export function bindBinding() {
  noting.addEventListener("click", note);
  find("[data-unbind]").addEventListener("click", unbind);
  seconds.addEventListener("second", () => { if (until && now() >= until) unbind(); });
}
