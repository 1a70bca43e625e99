// Once a page is not live, nothing on it claims to hold now: every state and every age says as of when it was true, and a
// state whose hours have passed since says that it is over. What claims something is .tag, [data-now] and the map's words.
import { clock, isToday } from "./ages.js";

const CLAIMS = ".tag, [data-now], .leaflet-popup-content";
const MAP_WORDS = ["open", "closed"];

function prefix(part, words) {
  const sign = document.createElement("span");
  sign.className = "as-of";
  sign.textContent = `${words} `;
  part.prepend(sign);
}

// `held` is the server's moment at which the page was true, `now` the server's present by this phone's clock.
function mark(root, line, held, now) {
  for (const part of root.querySelectorAll(CLAIMS)) {
    if (part.closest("[data-as-of]") || (part.dataset.now === "day" && isToday(held))) continue;
    const until = part.closest("[data-until]")?.dataset.until;
    const over = Boolean(until) && new Date(until) <= now && part.matches(".tag");
    part.dataset.asOf = until ?? "";
    part.classList.toggle("over", over);
    prefix(part, (over ? line.over : line.asOf).replace("{clock}", clock(held)));
  }
  for (const map of document.querySelectorAll("[data-map]")) {
    for (const word of MAP_WORDS) map.dataset[word] = `${line.asOf.replace("{clock}", clock(held))} ${liveWords(map)[word]}`;
  }
}

function liveWords(map) {
  map.liveWords ??= Object.fromEntries(MAP_WORDS.map((word) => [word, map.dataset[word]]));
  return map.liveWords;
}

let watching = null;

export function markAsOf(line, held, now) {
  const main = document.getElementById("main");
  for (const part of main.querySelectorAll(".tag[data-as-of]:not(.over)")) {
    if (part.dataset.asOf && new Date(part.dataset.asOf) <= now) release(part);
  }
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
  for (const part of document.querySelectorAll("[data-as-of]")) release(part);
  for (const map of document.querySelectorAll("[data-map]")) Object.assign(map.dataset, liveWords(map));
}
