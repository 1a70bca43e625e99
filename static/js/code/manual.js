// Eight digits for one compound and one minute, minted on a tap by a signature that no screen shows.
import { UNSHOWN } from "../xg1/presentation.js";
import { bindChoosing } from "./choosing.js";
import { now } from "./clock.js";
import { dialog } from "./dialogs.js";
import { presentNow } from "./keys.js";
import { seconds } from "./pass.js";
import { send } from "./server.js";
import { remember } from "./store.js";
import { fill, find, said } from "./words.js";

const box = dialog("manual");
const [choosing, number, left, error] = ["[data-choosing]", "[data-number]", "[data-number-left]", "[data-said]"].map((one) => find(one, box));
let until = 0, place = null;

const say = (words) => { error.textContent = words; };

function show(isNumber) {
  choosing.hidden = isNumber;
  number.hidden = !isNumber;
  if (!isNumber) until = 0;
}

async function mint(chosen) {
  place = chosen;
  const answer = await send("/code/manual/", { text: await presentNow({ challenge: UNSHOWN }), listing: place.listing });
  if (!answer.ok) return say(said(answer.body) || error.dataset.offline);
  say("");
  remember("place", place).catch(() => null);
  until = answer.body.expires_at_ms;
  find("[data-for]", box).textContent = place.name;
  find("[data-digits8]", box).textContent = answer.body.code.replace(/^(\d{4})(\d{4})$/, "$1 $2");
  show(true);
  return count();
}

function count() {
  if (!until) return;
  if (now() >= until) show(false);
  else fill(left, { n: Math.ceil((until - now()) / 1000) });
}

export function bindManual() {
  const begin = bindChoosing({ box, say: (word) => say(word ? error.dataset[word] : ""), choose: mint });
  box.addEventListener("open", () => { show(false); begin(); });
  find("[data-anew]", box).addEventListener("click", () => mint(place));
  seconds.addEventListener("second", count);
}
