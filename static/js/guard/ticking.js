// What time itself changes: a phone's clock that was changed, the end of a shift and of the 30 days, the head of the page.
import { desk } from "./desk.js";
import { showHeader } from "./header.js";
import { wipe } from "./shifting.js";
import { keep } from "./store.js";
import { say } from "./words.js";

export async function tick({ clock, syncing }) {
  const was = clock.isKnown;
  clock.check();
  if (was && !clock.isKnown) await Promise.all([keep({ clock: clock.kept() }), syncing.now()]);
  if (desk.shift && clock.now() >= desk.shift.ends_at_ms) await wipe();
  const isOver = clock.now() >= (desk.sync?.device.expires_at_ms ?? Infinity);
  if (isOver && !desk.unregistered) desk.expire(say("device_expired"));
  showHeader(desk, clock);
}
