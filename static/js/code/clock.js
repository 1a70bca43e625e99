// The time that counts: the phone's own, corrected by what the server said last. Milliseconds since 1970.
import { recall, remember } from "./store.js";

const MUCH = 30_000;
let offset = 0;

export const now = () => Date.now() + offset;
export const seconds = () => now() / 1000;
// How far the phone's clock is ahead, in ms, when that is worth saying; else 0.
export const isAhead = () => (Math.abs(offset) > MUCH ? -offset : 0);

export async function loadClock() {
  offset = (await recall("clock").catch(() => null))?.offset ?? 0;
}

// The server said `nowMs` between two moments of the phone's clock. A slow answer says little, and half its way is the error.
export async function learn(nowMs, sentAt, receivedAt) {
  if (!Number.isFinite(nowMs) || receivedAt - sentAt > 10_000) return;
  const found = nowMs - (sentAt + receivedAt) / 2;
  // Within the error of a good answer the clocks agree: an offset that trembles would make the code jump.
  offset = Math.abs(found) < 500 ? 0 : Math.round(found);
  await remember("clock", { offset, at: receivedAt }).catch(() => null);
}

// A day and a time, for what is not now.
export const DAY = { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" };

// The running clock, as a guard reads it: the city's time.
export function cityTime(ms, options = { hour: "2-digit", minute: "2-digit", second: "2-digit" }) {
  return new Intl.DateTimeFormat(document.documentElement.lang || "zh-Hans", { timeZone: "Asia/Shanghai", hourCycle: "h23", ...options }).format(ms);
}
