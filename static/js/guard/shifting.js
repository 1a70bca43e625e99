// A shift goes on, ends by its own time, or is told to the server once there is a network. Its end wipes the phone: what a gate
// has taken and what was shown; what the server has not yet answered for stays.
import { desk } from "./desk.js";
import { post } from "./net.js";
import { forgetSeen } from "./seen.js";
import { forgetRecent } from "./recent.js";
import { keep } from "./store.js";

const told = (address, body) => post(address, body).catch((failure) => ({ failure }));

// Returns the shift that holds after a sync's answer; `isSame`: the phone is still the same device.
export async function shiftAfter(answer, isSame) {
  if (desk.endsShift && !(await told("/guard/shift/end/", {})).failure) {
    desk.endsShift = false;
    await keep({ endsShift: false });
  }
  const { shift } = desk;
  if (!shift || !isSame || answer.now_ms >= shift.ends_at_ms) return null;
  if (!answer.checkpoints.some((one) => one.number === shift.checkpoint)) return null;
  // Ended elsewhere; an answer from before the shift began says nothing of it.
  if (shift.id !== null) return answer.shift?.id === shift.id || answer.now_ms <= shift.started_at_ms ? shift : null;
  return (await told("/guard/shift/", { guard: shift.guard, checkpoint: shift.checkpoint })).shift ?? shift;
}

export async function wipe() {
  await forgetSeen(0, true);
  forgetRecent();
  await keep({ shift: null, endsShift: desk.endsShift });
  await desk.take({ shift: null, direction: "in" });
}

export async function endShift() {
  const isKnownThere = desk.shift?.id !== null;
  desk.endsShift = isKnownThere && Boolean((await told("/guard/shift/end/", {})).failure);
  await wipe();
}
