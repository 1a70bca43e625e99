// Once a page is not live, nothing on it claims to hold now: every state and every age says as of when it was true, and a
// state whose hours have passed since says that it is over. What claims something is .tag, [data-now], a state of the map
// and what its marks are called.
import { clock, isToday } from "./ages.js";

const CLAIMS = ".tag, [data-now], [data-state]";
const MAP_WORDS = ["open", "soon", "closed", "count", "places"];
const board = document.querySelector("[data-map-board]");
const liveWords = Object.fromEntries(MAP_WORDS.map((word) => [word, board?.dataset[word]]));
let watching = null;

function saying(template, held) {
  const words = template.replace("{clock}", clock(held));
  return words.endsWith("：") ? words : `${words} `;
}

function markOne(part, words, until, over) {
  part.dataset.asOf = until;
  part.classList.toggle("over", over);
  if (part.textContent.trimStart().startsWith(words.trim())) return;
  const sign = document.createElement("span");
  sign.className = "as-of";
  sign.textContent = words;
  part.prepend(sign);
}

// `held` is the server's moment at which the page was true, `now` the server's present by this phone's clock.
function mark(root, line, held, now) {
  for (const part of root.querySelectorAll(CLAIMS)) {
    if (part.closest("[data-as-of]") || (part.dataset.now === "day" && isToday(held))) continue;
    const until = part.closest("[data-until]")?.dataset.until ?? "";
    const over = until !== "" && new Date(until) <= now && part.matches(".tag");
    markOne(part, saying(over ? line.over : line.asOf, held), until, over);
  }
}

export function markAsOf(line, held, now) {
  const main = document.getElementById("main");
  const passed = (part) => part.dataset.asOf && new Date(part.dataset.asOf) <= now;
  [...main.querySelectorAll(".tag[data-as-of]:not(.over)")].filter(passed).forEach(release);
  if (board) for (const word of MAP_WORDS) board.dataset[word] = saying(line.asOf, held) + liveWords[word];
  mark(main, line, held, now);
  watching ??= new MutationObserver(() => mark(main, line, held, now));
  watching.observe(main, { childList: true, subtree: true });
}

function release(part) {
  part.querySelector(":scope > .as-of")?.remove();
  delete part.dataset.asOf;
  part.classList.remove("over");
}

export function unmark() {
  watching?.disconnect();
  watching = null;
  document.querySelectorAll("[data-as-of]:not([data-signal])").forEach(release);
  if (board) Object.assign(board.dataset, liveWords);
}
