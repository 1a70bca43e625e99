// The courier's own record of going in: it waits for a signal when there is none; with one the gate's word of the minute comes back.
import { now } from "./clock.js";
import { put } from "./outbox.js";
import { seconds, textNow } from "./pass.js";
import { fill, find, language } from "./words.js";

const button = find("[data-went-in]");
const words = button.textContent;
const word = find("[data-word]");
let print = "", until = 0;

async function note() {
  button.disabled = true;
  const { sent } = await put("/g/claim/", { place: print, text: await textNow(), at_ms: Math.round(now()) });
  button.textContent = button.dataset.done;
  if (!sent?.word) return;
  fill(word, { word: (language === "en" && sent.word_en) || sent.word });
  word.hidden = false;
  until = sent.word_ends_ms;
}

// Another print was scanned: going in there has not been noted.
export function offerClaim(text) {
  print = text;
  button.textContent = words;
  button.disabled = false;
  word.hidden = true;
}

export function bindClaiming() {
  button.addEventListener("click", note);
  seconds.addEventListener("second", () => { if (now() >= until) word.hidden = true; });
}
