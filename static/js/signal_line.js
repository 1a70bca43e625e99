// The line under the header, and what it says of a page that is not live: that there is no signal, how old the page is, and
// the city's time at which it was true. [data-at] of the page is the server's moment in seconds.
import { age, clock } from "./ages.js";
import { markAsOf, unmark } from "./asof.js";

const root = document.documentElement;
export const line = document.querySelector("[data-signal]");
const part = (name) => line.querySelector(`[data-signal-${name}]`);
export const heldAt = () => Number(root.dataset.at) * 1000;

// `reason` is "saved", "lost", "old" or, for a live page, ""; `since` is this phone's time at which the page was true.
export function say(reason, since) {
  const words = line.dataset[reason === "saved" ? "saved" : "opened"];
  const other = root.dataset.other ? ` ${line.dataset[root.dataset.other]}` : "";
  const status = reason === "saved" || reason === "lost" ? line.dataset.lost : "";
  const held = new Date(heldAt());
  // Spoken by a screen reader only when it changes, not with every tick of the age.
  if (part("status").textContent !== status) part("status").textContent = status;
  part("words").textContent = reason && words.replace("{age}", age(since)).replace("{clock}", clock(held)) + other;
  part("again").hidden = reason === "lost";
  line.hidden = reason === "";
  root.classList.toggle("not-live", reason !== "");
  // The map, which works out states by the minute, stays at the one that the page speaks of.
  if (reason) root.dataset.heldAt = held.getTime();
  else delete root.dataset.heldAt;
  if (reason) markAsOf(line.dataset, held, new Date(held.getTime() + Date.now() - since));
  else unmark();
}
