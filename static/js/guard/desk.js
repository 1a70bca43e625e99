// What the page knows now: the last sync, keys and list ready for use, the shift, whether the server was reached lately.
// "change" is told whenever something of it changed.
import { statusBits } from "../xg1/status.js";
import { isSigned } from "../xg1/curve.js";
import { keysFor } from "./adopt.js";

const REACHED_MS = 75_000;

class Desk extends EventTarget {
  sync = null; cursor = ""; keys = null; list = null; shift = null; faults = [];
  issuerKeys = new Map(); status = null; signed = new Set();
  waiting = 0; quarantined = 0; direction = "in"; unregistered = ""; endsShift = false; isAsked = false;
  reachedAt = null; reachedMono = -Infinity; isReached = false;

  // What is kept or was just adopted: { sync, cursor, keys, list, shift }, any part of it.
  async take(found) {
    Object.assign(this, found);
    if ("keys" in found) {
      this.issuerKeys = keysFor(found.keys?.jwks, "credential");
      // Importing a key takes a slow phone long: not while somebody waits at the gate.
      for (const { publicKey } of this.issuerKeys.values()) isSigned(publicKey, new Uint8Array(64).fill(1), publicKey);
    }
    if ("list" in found) this.status = found.list ? await statusBits(found.list.payload) : null;
    this.tell();
  }

  tell() {
    this.dispatchEvent(new Event("change"));
  }

  expire(sentence) {
    this.unregistered = sentence;
    this.tell();
  }

  reached(is, nowMs = null) {
    this.isReached = is;
    if (is) [this.reachedAt, this.reachedMono] = [nowMs ?? this.reachedAt, performance.now()];
    this.tell();
  }

  get online() {
    return navigator.onLine && this.isReached && performance.now() - this.reachedMono < REACHED_MS;
  }

  get checkpoint() {
    return this.sync?.checkpoints.find((one) => one.number === this.shift?.checkpoint) ?? null;
  }

  get isReady() {
    return Boolean(this.checkpoint && this.issuerKeys.size);
  }
}

export const desk = new Desk();
