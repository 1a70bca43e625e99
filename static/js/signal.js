// Decides whether the page is live: not when the phone had saved it, when the signal went, or when it is open for long.
// When the signal is back a saved page loads anew, unless somebody is writing in it.
import { heldAt, line, say } from "./signal_line.js";

const OLD = 5 * 60_000;
const TICK = 15_000;
const root = document.documentElement;
// The map renews itself while there is a signal; other pages grow old.
const renewsItself = document.querySelector("[data-map-board]") !== null;
const savedAt = () => Number(root.dataset.saved) || 0;
const isWriting = () => Boolean(document.activeElement?.closest("form input, form textarea, form select"));
let lost = !navigator.onLine;
let opened = Date.now();

// The page is live but was handed older data: from now on it is as old as those.
function heldSince(at) {
  root.dataset.at = (heldAt() - (opened - at)) / 1000;
  root.dataset.saved = at;
}

function tick() {
  const since = savedAt() || opened;
  const reason = savedAt() ? "saved" : lost ? "lost" : !renewsItself && Date.now() - since > OLD ? "old" : "";
  if (reason || !line.hidden) say(reason, since);
}

async function look() {
  if (document.hidden) return;
  if (savedAt() || lost) {
    const answer = await fetch("/healthz", { cache: "no-store" }).catch(() => null);
    lost = !answer?.ok;
    if (answer?.ok && savedAt() && !isWriting()) window.location.reload();
  }
  tick();
}

// Its results were fetched anew: the page speaks of now again.
function renew() {
  if (savedAt()) return;
  root.dataset.at = (heldAt() + Date.now() - opened) / 1000;
  opened = Date.now();
  tick();
}

function hear({ data }) {
  if (data.type === "saved" && !savedAt()) heldSince(data.at);
  if (data.type === "fresh" && savedAt() && !isWriting()) window.location.reload();
  tick();
}

export function bindSignal() {
  if (!line) return;
  window.addEventListener("offline", () => { lost = true; tick(); });
  window.addEventListener("online", look);
  document.addEventListener("visibilitychange", look);
  document.addEventListener("renewed", renew);
  window.setInterval(look, TICK);
  navigator.serviceWorker?.addEventListener("message", hear);
  tick();
}
