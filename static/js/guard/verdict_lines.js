// What stands under the word: who, on which terms, why, and the one next step.
import { stateOf } from "./admit.js";
import { desk } from "./desk.js";
import { lineFor } from "./terms.js";
import { fill } from "./views.js";
import { language, platformName, say, says } from "./words.js";

const NAMED = new Set(["ok", "ok_stale_list", "ok_unsynced", "ok_already_passed"]);

// A name comes from a code whose two signatures hold, and is shown to let somebody in, not to turn somebody away.
export const isNamed = ({ verdict, name }) => NAMED.has(verdict) && Boolean(name);

export function writeLines(decided, words, clock) {
  const named = isNamed(decided);
  fill("who", named ? [decided.name, platformName(desk.sync, decided.platform)].join(" · ") : "");
  fill("provisional", named && decided.provisional ? say("provisional") : "");
  fill("order", "");
  const isGo = words.word === "go";
  const isPlain = decided.verdict === "ok";
  fill("why", isPlain || decided.asked ? "" : words.guard);
  fill("terms", isGo && desk.direction === "in" ? lineFor(desk.sync.terms?.[desk.checkpoint.number], stateOf(desk, clock), language, says) : "");
  fill("step", decided.asked ? say("ask_digits") : isPlain ? "" : words.next);
  fill("digits", decided.asked?.said ?? "");
}
