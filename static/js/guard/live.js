// A scan made online is sent at once, with the whole text, so that the server can amend it; the text is kept nowhere.
import { passes, VERDICTS } from "../xg1/verdicts.js";
import { settle } from "./queue.js";

// Returns the server's answer for the row, or null; then the row waits in the queue like any other.
export async function sendNow(row, text, { post, desk, sender }) {
  try {
    const { answers = [], now_ms: now } = await post("/guard/passes/", { rows: [{ ...row, text }], waiting: desk.waiting });
    await settle(answers);
    desk.reached(true, now);
    return answers.find((answer) => answer.id === row.id) ?? null;
  } catch (failure) {
    await sender.bear(failure, [row]);
    return null;
  } finally {
    await sender.count();
  }
}

// Returns the verdict that the guard must now see, or null when the server has nothing to change.
export function amended(decided, answer) {
  const refusal = answer.outcome === "quarantined" ? answer.reasons?.find((reason) => VERDICTS.includes(reason)) : null;
  const verdict = refusal ?? answer.verdict;
  return verdict && passes(verdict) !== passes(decided.verdict) ? verdict : null;
}
