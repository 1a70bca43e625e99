// Asks the rules of judging.js in the protocol's order; the first that objects gives the verdict.
import { assurance, challenge, isBoundTo, isJustNow, isSlow, life, revocation, step } from "./judging.js";
import { NO_CHALLENGE, NO_GATE } from "./presentation.js";

export async function judge(shown, status, asking, { seen, lastPass, rule }) {
  const holder = shown.credential;
  const clockIsSlow = isSlow(holder, asking);
  const clockIsSound = asking.clockKnown && !clockIsSlow;
  const scan = { shown, holder, asking, clockIsSound, notes: clockIsSound ? [] : ["clock_untrusted"], list: "ok" };
  scan.isBound = isBoundTo(shown, asking.gate);
  scan.isAnswered = shown.challenge === asking.challenge && shown.challenge !== NO_CHALLENGE;
  scan.hasPassed = await seen(holder.pid, shown.step, shown.challenge);
  scan.passedJustNow = isJustNow(await lastPass?.(holder.pid), asking.now);
  const gate = async () =>
    shown.gate !== NO_GATE && shown.gate !== asking.gate ? "wrong_gate" : ((await rule?.(holder)) ?? null);
  const repeated = () => (scan.passedJustNow ? "ok_already_passed" : scan.hasPassed ? "replayed" : null);
  const fault = life(scan) ?? (await revocation(scan, status)) ?? (await gate()) ?? step(scan) ?? challenge(scan) ?? repeated();
  const verdict = fault ?? scan.list;
  const { name, platform } = holder;
  const reasons = scan.notes.filter((note) => note !== verdict);
  const level = fault ? null : assurance(scan);
  return { verdict, presentation: shown, reasons, assurance: level, opens: !fault, name, platform, clockIsSlow };
}
