// Judges a presentation whose signatures hold. The rules and their reasons stand in services/codes/xg1/judging.py.
import { NO_CHALLENGE, NO_GATE, STEP_SECONDS, stepAt, UNSHOWN } from "./presentation.js";

const CHALLENGED_STEPS = 20;
const ALREADY_PASSED_S = 10;

export function life({ holder, asking, clockIsSound, notes }) {
  if (asking.now < holder.endsAt) return null;
  if (clockIsSound) return "credential_expired";
  notes.push("credential_expired");
  return "clock_untrusted";
}

export function isSlow({ issuedAt }, { now, listAgeS }) {
  return issuedAt > now + STEP_SECONDS || (listAgeS !== null && listAgeS < -STEP_SECONDS);
}

export async function revocation(scan, status) {
  const { holder, asking, clockIsSound, notes } = scan;
  const { listAgeS: age, listTtlS: ttl, listIsExpired, now } = asking;
  const isYounger = age !== null && holder.issuedAt > now - age;
  const answer = status === null || (listIsExpired && isYounger) ? false : ((await status(holder.index)) ?? null);
  if (answer) return "revoked";
  if (answer === null && !isYounger) return "holder_unknown";
  const makesUp = clockIsSound && now - holder.issuedAt <= ttl;
  if (age === null || status === null || answer === null) scan.list = "ok_unsynced";
  else if (listIsExpired || !(age <= ttl || makesUp)) scan.list = "ok_stale_list";
  if (scan.list !== "ok") notes.push(scan.list);
  return null;
}

export function step({ shown, asking, clockIsSound, notes }) {
  const drift = shown.step - stepAt(asking.now);
  if (drift >= -2 && drift <= 1) return null;
  const finding = drift < 0 ? "step_expired" : "clock_skew";
  const isFar = Math.abs(drift) > CHALLENGED_STEPS;
  if (isFar && clockIsSound) return finding;
  notes.push(finding);
  return isFar ? "clock_untrusted" : null;
}

export function challenge({ shown, asking, isBound, isAnswered, hasPassed, passedJustNow, notes }) {
  if (shown.challenge === UNSHOWN && asking.challenge !== UNSHOWN) return "challenge_mismatch";
  if (isAnswered || hasPassed) return null;
  if (asking.challenge !== null) return shown.challenge === NO_CHALLENGE ? "challenge_required" : "challenge_mismatch";
  const needed = !asking.attended || !(asking.online || isBound) || notes.length > 0;
  return needed && !passedJustNow ? "challenge_required" : null;
}

export const isBoundTo = (shown, gate) => shown.gate === gate && gate !== NO_GATE;
export const isJustNow = (last, now) => last !== null && last !== undefined && Math.abs(now - last) <= ALREADY_PASSED_S;

export function assurance({ asking, clockIsSound, list, isBound, isAnswered }) {
  if (!asking.scanned) return 0;
  if (!clockIsSound || list !== "ok") return 1;
  return asking.online ? (isBound || isAnswered ? 4 : 3) : 2;
}
