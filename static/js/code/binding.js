// The gate for which the code is: after its print was scanned, until ten minutes have gone or another is scanned.
import { NO_GATE } from "../xg1/presentation.js";
import { bindClaiming, offerClaim } from "./claiming.js";
import { now } from "./clock.js";
import { bound, changed, seconds } from "./pass.js";
import { nameOf } from "./places.js";
import { remember } from "./store.js";
import { find } from "./words.js";

const FOR = 10 * 60_000;
const shown = find("[data-bound]");
let until = 0;

export function bindTo(place, text) {
  bound.gate = place.gate;
  until = now() + FOR;
  find("[data-place]").textContent = place.name;
  find("[data-terms]").href = `/g/${encodeURIComponent(text)}/`;
  shown.hidden = false;
  find("[data-unbound]").hidden = true;
  offerClaim(text);
  changed();
  sayName(place).catch(() => null);
}

async function sayName({ place, name, gate }) {
  const placeName = await nameOf(place);
  await remember("place", { listing: place, name: placeName, gate: name });
  if (placeName && bound.gate === gate) find("[data-place]").textContent = `${placeName} · ${name}`;
}

function unbind() {
  bound.gate = NO_GATE;
  until = 0;
  shown.hidden = true;
  find("[data-unbound]").hidden = false;
  changed();
}

export function bindBinding() {
  bindClaiming();
  find("[data-unbind]").addEventListener("click", unbind);
  seconds.addEventListener("second", () => { if (until && now() >= until) unbind(); });
}
