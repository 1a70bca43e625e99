// The pass behind a place code: my code for this place with a running clock, and the word of the minute once I say that I go in.
import { cityTime, loadClock, now } from "../code/clock.js";
import { held, isLive, shown, textAt } from "../code/keys.js";
import { put } from "../code/outbox.js";
import { drawQr } from "../code/qr.js";
import { stepAt } from "../xg1/presentation.js";

const pass = document.querySelector("[data-pass]");
const find = (name) => pass.querySelector(`[data-${name}]`);
const [gate, goIn] = [Number(pass.dataset.number), find("go-in")];
let record, drawn;

async function draw() {
  const step = stepAt(now() / 1000);
  if (step === drawn) return;
  drawn = step;
  drawQr(find("code"), await textAt(record, { step, gate }));
}

function tick() {
  if (!isLive(record)) return lack();
  find("clock").textContent = cityTime(now());
  draw();
  window.setTimeout(tick, 1000 - (now() % 1000) + 5);
}

function lack() {
  find("shown").hidden = true;
  find("lacking").hidden = false;
}

function say(answer) {
  if (!answer?.word) return;
  find("word").textContent = document.documentElement.lang === "en" ? `${answer.word} ${answer.word_en}` : answer.word;
  find("word-line").hidden = false;
  window.setTimeout(() => { find("word-line").hidden = true; goIn.disabled = false; }, Math.max(0, answer.word_ends_ms - now()));
}

async function claim() {
  goIn.disabled = true;
  const [place, text] = [pass.dataset.place, await textAt(record, { gate })];
  const { sent } = await put("/g/claim/", { place, text, at_ms: Math.round(now()) });
  find("noted").hidden = false;
  say(sent);
}

async function start() {
  await loadClock();
  record = await held().catch(() => null);
  if (!isLive(record)) return;
  find("who").textContent = shown(record).name;
  find("lacking").hidden = true;
  find("shown").hidden = false;
  goIn.addEventListener("click", claim);
  tick();
  // The compound's card is kept by the portal's worker, to be read at the gate without a signal.
  navigator.serviceWorker?.controller?.postMessage({ type: "keep", addresses: [new URL(pass.dataset.card, window.location.href).href], onlyMissing: true });
}

start();
