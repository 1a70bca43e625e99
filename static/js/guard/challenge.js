// The number that the next scan must carry: random for each scan, one use, 60 seconds; three wrong answers lock a pid for a
// minute. Two digits where a guard stands, four where nobody does.
const LIFE_S = 60;
const LOCK_S = 60;
const MOST_WRONG = 3;

// Below 256 ** 2 every number is as likely as the next: values from the uneven end are drawn again.
export function randomBelow(most, draw = (array) => crypto.getRandomValues(array)) {
  const end = 65_536 - (65_536 % most);
  for (;;) {
    const [value] = draw(new Uint16Array(1));
    if (value < end) return value % most;
  }
}

export class Challenges {
  asked = null;
  wrong = new Map();

  constructor(draw = undefined) {
    this.draw = draw;
  }

  ask(now, attended) {
    const digits = attended ? 2 : 4;
    const value = randomBelow(10 ** digits, this.draw);
    this.asked = { value, until: now + LIFE_S, said: String(value).padStart(digits, "0") };
    return this.asked;
  }

  pending(now) {
    if (this.asked && now >= this.asked.until) this.asked = null;
    return this.asked;
  }

  // An answer, right or wrong, uses it up.
  burn() {
    this.asked = null;
  }

  fail(pid, now) {
    const since = this.wrong.get(pid)?.filter((at) => now - at < LOCK_S) ?? [];
    this.wrong.set(pid, [...since, now]);
  }

  // Until when a pid is locked, in seconds, or 0.
  lockedUntil(pid, now) {
    const tries = (this.wrong.get(pid) ?? []).filter((at) => now - at < LOCK_S);
    if (!tries.length) this.wrong.delete(pid);
    return tries.length >= MOST_WRONG ? tries.at(-1) + LOCK_S : 0;
  }
}
