// One of three words over the whole screen, one next step, and for a pass who comes in on which terms.
import { desk } from "./desk.js";
import { sound } from "./sound.js";
import { fill, onShow, part, show } from "./views.js";
import { isNamed, writeLines } from "./verdict_lines.js";
import { say, wordsOf } from "./words.js";

const [GO_MS, PHOTO_MS, TICK_MS] = [6000, 10_000, 1000];
let [shown, leaving, ticking] = [null, null, null];

export const isShown = (decided) => shown !== null && shown.id === (decided.row?.id ?? null);

function countDown(until, clock) {
  const left = Math.max(0, Math.ceil(until - clock.seconds()));
  fill("left", say("seconds_left", { count: left }));
  if (!left) show("scan");
}

// Nothing of a verdict, least of all a name or a photo, stays behind it.
function leave() {
  clearTimeout(leaving);
  clearInterval(ticking);
  shown = null;
  for (const name of ["who", "provisional", "order", "onfoot", "terms", "digits", "left"]) fill(name, "");
  part("photo").removeAttribute("src");
  part("photo").hidden = true;
}

export function showVerdict(decided, { clock }) {
  leave();
  const words = wordsOf(decided.verdict, desk.sync?.verdicts);
  shown = { id: decided.row?.id ?? null };
  Object.assign(part("verdict").dataset, { word: words.word, verdict: decided.verdict });
  fill("word-large", say(`word_${words.word}`));
  writeLines(decided, words, clock);
  show(decided.asked ? "challenge" : "verdict");
  sound(words.word);
  if (decided.asked) {
    countDown(decided.asked.until, clock);
    ticking = setInterval(() => countDown(decided.asked.until, clock), TICK_MS);
  }
  if (decided.opens && words.word === "go") leaving = setTimeout(() => show("scan"), GO_MS);
}

// What only the server knows: an order here, a measure (on foot only), a provisional code, a photo for ten seconds.
export function addToVerdict(decided, { on_order_here: here, on_foot: onFoot, provisional, photo: address }) {
  if (!isShown(decided) || !isNamed(decided)) return;
  fill("order", here ? say("order_here") : "");
  fill("onfoot", onFoot ? say("on_foot") : "");
  if (provisional) fill("provisional", say("provisional"));
  if (!address) return;
  part("photo").src = address;
  part("photo").hidden = false;
  clearTimeout(leaving);
  leaving = setTimeout(() => show("scan"), PHOTO_MS);
}

export function bindVerdict() {
  for (const name of ["start", "scan", "manual", "more", "incident", "unregistered"]) onShow(name, leave);
}
