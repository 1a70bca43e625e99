// Keeping the points true while the page stays open: states turn with the clock without asking anybody; what sold out,
// paused or moved meanwhile is asked for every few minutes and answered by 304 when nothing did.
import { part } from "./facts.js";
import { fetchPoints } from "./points.js";
import { settle } from "./states.js";

const RENEW_MS = 5 * 60000;

// Run at the beginning of each minute, and when the page is looked at again.
function everyMinute(run) {
  const wait = () => window.setTimeout(() => { run(); wait(); }, 60000 - (Date.now() % 60000) + 20);
  wait();
  document.addEventListener("visibilitychange", () => { if (!document.hidden) run(); });
}

// Return a function that gives the points as they are now; `changed` is called when any state or point is another.
export function keep(first, words, changed) {
  let [points, asked] = [first, Date.now()];
  settle(points);
  everyMinute(async () => {
    if (settle(points)) changed();
    if (document.hidden || Date.now() - asked < RENEW_MS) return;
    asked = Date.now();
    try {
      const fresh = await fetchPoints(words.points, points.tag);
      part("late").hidden = true;
      if (!fresh) return;
      points = fresh;
      settle(points);
      changed();
    } catch { [asked, part("late").hidden] = [0, false]; }
  });
  return () => points;
}
