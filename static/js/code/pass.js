// The code on the screen: drawn anew at each edge of a 15-second step, with a running clock and a ring of the seconds left.
import { NO_CHALLENGE, NO_GATE, STEP_SECONDS } from "../xg1/presentation.js";
import { cityTime, now } from "./clock.js";
import { isLive, textAt } from "./keys.js";
import { drawQr } from "./qr.js";
import { fill, find } from "./words.js";

// What every code of the moment is bound to; `changed` draws at once.
export const bound = { gate: NO_GATE, challenge: NO_CHALLENGE };
export const seconds = new EventTarget();
const [box, clock, left, ring] = ["[data-qr]", "[data-clock]", "[data-left]", "[data-ring]"].map((one) => find(one));
let record, timer, drawn, ready = { name: "", text: null };

const nameOf = (step) => [record.endsAt, step, bound.gate, bound.challenge].join();

// The same text for the same moment, made once; the next one is made a second ahead.
function prepare(step) {
  const name = nameOf(step);
  if (ready.name !== name) ready = { name, text: textAt(record, { step, ...bound }) };
  return ready.text;
}

async function draw(step) {
  const name = nameOf(step);
  if (drawn === name) return;
  drawn = name;
  const text = await prepare(step);
  if (drawn !== name) return;
  drawQr(box, text);
  box.dataset.step = step;
}

function tick() {
  window.clearTimeout(timer);
  if (!record || document.hidden) return;
  const at = now();
  const second = Math.floor(at / 1000);
  const rest = STEP_SECONDS - (second % STEP_SECONDS);
  if (!isLive(record, at)) return void seconds.dispatchEvent(new Event("over"));
  clock.textContent = cityTime(at);
  fill(left, { n: rest });
  ring.setAttribute("stroke-dashoffset", 100 - (100 * rest) / STEP_SECONDS);
  const step = Math.floor(second / STEP_SECONDS);
  draw(step).then(() => { if (rest === 1) prepare(step + 1); });
  seconds.dispatchEvent(new Event("second"));
  timer = window.setTimeout(tick, 1000 - (now() % 1000) + 5);
}

// Shows codes of this record; without one, none.
export function showPass(found) {
  record = found;
  tick();
}

export const changed = tick;
// The code that is on the screen, for the server.
export const textNow = () => (record ? textAt(record, { ...bound }) : null);

document.addEventListener("visibilitychange", tick);
window.addEventListener("resize", () => { drawn = null; tick(); });
