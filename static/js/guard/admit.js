// From a scanned text to a verdict and a row in the queue. A verdict is made here, at once, online or not.
import { passes } from "../xg1/verdicts.js";
import { decode, NO_CHALLENGE } from "../xg1/presentation.js";
import { verify } from "../xg1/verify.js";
import { askingOf, isAttended } from "./asking.js";
import { put } from "./queue.js";
import { makeRow } from "./row.js";
import { isSeen, lastPass } from "./seen.js";
import { ruleFor, stateNow } from "./terms.js";

// What leaves no row: a code that is none of ours, one that asks for something first, and a second look at the same device.
const NOT_KEPT = new Set(["bad_format", "unsupported_version", "unknown_issuer", "challenge_required", "ok_already_passed"]);

function read(text) {
  try {
    return decode(text);
  } catch {
    return null;
  }
}

export const stateOf = (desk, clock) => stateNow(desk.sync.terms?.[desk.checkpoint.number], clock.now(), desk.sync.now_ms);

function judged(text, desk, clock, challenge) {
  const gate = desk.checkpoint.number;
  return verify(text, {
    keys: desk.issuerKeys, status: desk.status, asking: askingOf(desk, clock, challenge), issuerCache: desk.signed,
    seen: (...proof) => isSeen(gate, ...proof),
    lastPass: (pid) => lastPass(gate, pid),
    rule: () => ruleFor(stateOf(desk, clock), desk.direction),
  });
}

// Returns { verdict, name, platform, provisional, asked?, row? }, or null while a challenge waits and this code answers none.
export async function admit(text, { desk, clock, challenges }) {
  const [shown, now] = [read(text), clock.seconds()];
  const pending = challenges.pending(now);
  if (pending && (shown?.challenge ?? NO_CHALLENGE) === NO_CHALLENGE) return null;
  const outcome = await judged(text, desk, clock, pending?.value ?? null);
  const pid = outcome.presentation?.credential.pid;
  if (pending) challenges.burn();
  if (outcome.verdict === "challenge_mismatch") challenges.fail(pid, now);
  const isLocked = pid && challenges.lockedUntil(pid, now) > 0 && (outcome.opens || outcome.verdict.startsWith("challenge"));
  const decided = { ...outcome, challenge: pending?.value ?? null, provisional: outcome.presentation?.credential.provisional };
  if (isLocked) Object.assign(decided, { verdict: "rate_limited", opens: false, assurance: null });
  if (decided.verdict === "challenge_required") decided.asked = challenges.ask(now, isAttended(desk));
  if (outcome.clockIsSlow) clock.isKnown = false;
  return NOT_KEPT.has(decided.verdict) ? decided : record(decided, desk, clock);
}

async function record(decided, desk, clock) {
  const { presentation: shown, opens } = decided;
  const proof = opens && { gate: desk.checkpoint.number, pid: shown.credential.pid, step: shown.step, challenge: shown.challenge, at: clock.seconds() };
  const row = await put(await makeRow(desk, clock, decided), proof || null);
  if (row) return { ...decided, row };
  return record({ ...decided, verdict: passes(decided.verdict) ? "replayed" : decided.verdict, opens: false, assurance: null }, desk, clock);
}
