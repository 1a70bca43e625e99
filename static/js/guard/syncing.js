// Asks every 30 seconds for keys, list, terms and the server's time, and tells what was done while there was no network.
import { adopt } from "./adopt.js";
import { forgetSeen } from "./seen.js";
import { shiftAfter, wipe } from "./shifting.js";
import { keep } from "./store.js";

const SLOW_MS = 5000;
const PAUSES_S = [3, 6, 12, 20, 30];

export class Syncing {
  constructor({ get, desk, clock, later = (work, ms) => setTimeout(work, ms), random = Math.random }) {
    Object.assign(this, { get, desk, clock, later, random, failures: 0, timer: null, running: null });
  }

  // One sync at a time; the next is set when it ends.
  now() {
    this.running ??= this.once().finally(() => { this.running = null; });
    return this.running;
  }

  async once() {
    const { desk } = this;
    try {
      const sent = performance.now();
      const answer = await this.get(`/guard/sync/?cursor=${encodeURIComponent(desk.cursor)}&waiting=${desk.waiting}`);
      await this.takeIn(answer, sent, performance.now());
      this.failures = 0;
    } catch (failure) {
      // An answer that cannot be understood is a fault of ours; the next one may be good.
      if (failure.status === undefined) console.error(failure);
      this.failures += 1;
      if (failure.status === 401) desk.unregistered = failure.say || failure.code;
      desk.reached(failure.status === 401);
    }
    desk.dispatchEvent(new Event("sync"));
    const pause = this.failures ? PAUSES_S[Math.min(this.failures, PAUSES_S.length) - 1] : (desk.sync.next_poll_s ?? 30);
    clearTimeout(this.timer);
    this.timer = this.later(() => this.now(), pause * 1000 * (0.85 + 0.3 * this.random()));
  }

  async takeIn(answer, sent, heard) {
    const { desk, clock } = this;
    // Half of a long way there and back would be a guess.
    if (heard - sent < SLOW_MS || !clock.isKnown) clock.sync(answer.now_ms, sent, heard);
    const { faults, isSame, ...found } = await adopt(desk, answer, clock.seconds());
    if (!isSame) await forgetSeen(0, true);
    else await forgetSeen(clock.seconds());
    desk.unregistered = "";
    const shift = await shiftAfter(answer, isSame);
    if (desk.shift && !shift) await wipe();
    await desk.take({ ...found, faults, shift });
    await keep({ ...found, shift: desk.shift, clock: clock.kept() });
    desk.reached(true, answer.now_ms);
  }
}
