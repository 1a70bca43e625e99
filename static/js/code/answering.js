// The gate shows digits, the courier types them, the code answers them for a minute.
import { NO_CHALLENGE } from "../xg1/presentation.js";
import { now } from "./clock.js";
import { dialog } from "./dialogs.js";
import { bound, changed, seconds } from "./pass.js";
import { fill, find } from "./words.js";

const FOR = 60_000;
const MOST = 4;
const box = dialog("challenge");
const shown = find("[data-answered]");
let typed = "", until = 0;

export const isAnswering = () => until > 0;

function sayTyped() {
  find("[data-typed]", box).textContent = typed.padEnd(2, "–").split("").join(" ");
  find("[value=ok]", box).disabled = typed.length !== 2 && typed.length !== MOST;
}

function answer() {
  bound.challenge = Number(typed);
  until = now() + FOR;
  fill(find("[data-digits]"), { digits: typed });
  shown.hidden = false;
  box.close();
  changed();
}

function end() {
  bound.challenge = NO_CHALLENGE;
  until = 0;
  shown.hidden = true;
  changed();
}

function press(key) {
  if (key === "ok") return answer();
  typed = key === "back" ? typed.slice(0, -1) : (typed + key).slice(0, MOST);
  sayTyped();
  // Four digits cannot become more: nobody needs to press a button for them.
  return typed.length === MOST && key !== "back" ? answer() : undefined;
}

function count() {
  if (!until) return;
  if (now() >= until) end();
  else fill(find("[data-answer-left]"), { n: Math.ceil((until - now()) / 1000) });
}

export function bindAnswering() {
  box.addEventListener("open", () => { typed = ""; sayTyped(); });
  find("[data-keypad]", box).addEventListener("click", ({ target }) => { if (target.value) press(target.value); });
  box.addEventListener("keydown", ({ key }) => { if (/^\d$/.test(key)) press(key); else if (key === "Backspace") press("back"); });
  find("[data-unanswer]").addEventListener("click", end);
  seconds.addEventListener("second", count);
}
