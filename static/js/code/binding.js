// The gate for which the code is: after its print was scanned, until ten minutes have gone or another is scanned.
import { NO_GATE } from "../xg1/presentation.js";
import { now } from "./clock.js";
import { put } from "./outbox.js";
import { bound, changed, seconds, textNow } from "./pass.js";
import { remember } from "./store.js";
import { fill, find, language } from "./words.js";

const FOR = 10 * 60_000;
const shown = find("[data-bound]");
const noting = find("[data-went-in]");
const words = noting.textContent;
const word = find("[data-word]");
let until = 0, wordUntil = 0, print = "";

export function bindTo(place, text) {
  bound.gate = place.gate;
  until = now() + FOR;
  print = text;
  find("[data-place]").textContent = place.name;
  find("[data-terms]").href = `/g/${encodeURIComponent(text)}/`;
  noting.textContent = words;
  noting.disabled = false;
  word.hidden = true;
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

// The courier's own record: it waits for a signal when there is none. With one the gate's word of the minute comes back.
async function note() {
  noting.disabled = true;
  const { sent } = await put("/g/claim/", { place: print, text: await textNow(), at_ms: Math.round(now()) });
  noting.textContent = noting.dataset.done;
  if (!sent?.word) return;
  fill(word, { word: (language === "en" && sent.word_en) || sent.word });
  word.hidden = false;
  wordUntil = sent.word_ends_ms;
}

export function bindBinding() {
  noting.addEventListener("click", note);
  find("[data-unbind]").addEventListener("click", unbind);
  seconds.addEventListener("second", () => {
    if (until && now() >= until) unbind();
    if (now() >= wordUntil) word.hidden = true;
  });
}
