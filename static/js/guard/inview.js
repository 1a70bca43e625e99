// A code that is still held up after its verdict says nothing new: after a pass the courier's phone, else this very code, is
// not looked at again until it has been out of sight for a moment.
import { decode } from "../xg1/presentation.js";

const GONE_MS = 1500;

function holderOf(text) {
  try {
    return decode(text).credential.pid;
  } catch {
    return null;
  }
}

export class InView {
  text = null; holder = null; at = 0;

  constructor(now = () => performance.now()) {
    this.now = now;
  }

  isStillThere(text) {
    const isSame = text === this.text || (this.holder !== null && this.holder === holderOf(text));
    if (!isSame || this.now() - this.at > GONE_MS) return false;
    this.at = this.now();
    return true;
  }

  judged(text, isSettled) {
    [this.text, this.holder, this.at] = [text, isSettled ? holderOf(text) : null, this.now()];
  }

  // Scanning goes on after a pause in which nothing was looked at.
  resume() {
    this.at = this.now();
  }

  forget() {
    [this.text, this.holder] = [null, null];
  }
}
