// The server's time on this phone. Within one life of the page it runs on the monotonic clock, so that somebody who turns the
// phone's clock back changes nothing and is noticed: from then until the next sync the clock is not trusted.
const SLIP_MS = 2000;

export class Clock {
  constructor({ wall = () => Date.now(), mono = () => performance.now(), hidden = () => document.hidden } = {}) {
    Object.assign(this, { wall, mono, hidden, offset: 0, isKnown: false, wasHidden: hidden() });
    this.anchor();
  }

  anchor() {
    this.at = { wall: this.wall(), mono: this.mono() };
  }

  // The server's Unix time in milliseconds, as well as this phone knows it.
  now() {
    return this.at.wall + this.offset + (this.mono() - this.at.mono);
  }

  seconds() {
    return this.now() / 1000;
  }

  // Half of the round trip is taken off; `sentAt` and `heardAt` are monotonic.
  sync(serverMs, sentAt, heardAt) {
    const now = serverMs + (heardAt - sentAt) / 2 + (this.mono() - heardAt);
    this.anchor();
    this.offset = Math.round(now - this.at.wall);
    this.isKnown = true;
  }

  // After a reload only the wall clock is left; it must not have gone back since it was last written down.
  restore({ offset, wall, isKnown } = {}) {
    if (offset === undefined) return;
    this.anchor();
    this.offset = offset;
    this.isKnown = isKnown && this.at.wall >= wall - SLIP_MS;
  }

  kept() {
    return { offset: this.offset, wall: this.wall(), isKnown: this.isKnown };
  }

  // Call every second and when the page is shown again. The monotonic clock stands while a phone sleeps: a forward step of
  // a hidden page is sleep, any other step is a changed clock. Returns whether the clock is still known.
  check() {
    const slip = this.wall() - this.at.wall - (this.mono() - this.at.mono);
    const slept = slip > 0 && (this.wasHidden || this.hidden());
    this.wasHidden = this.hidden();
    if (Math.abs(slip) <= SLIP_MS) return this.isKnown;
    if (!slept) {
      this.offset -= Math.round(slip);
      this.isKnown = false;
    }
    this.anchor();
    return this.isKnown;
  }
}
