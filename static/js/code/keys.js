// The keys of this browser. "current" signs codes; "next" waits until the server has answered for it, so that no lost answer
// leaves the phone without a key that the server knows. Neither can be read out, not by this page either.
import { readCredential } from "../xg1/credential.js";
import { compress } from "../xg1/curve.js";
import { NO_CHALLENGE, NO_GATE, present, stepAt } from "../xg1/presentation.js";
import { now, seconds } from "./clock.js";
import { get, put, remember, within } from "./store.js";

const P256 = { name: "ECDSA", namedCurve: "P-256" };

async function makeNext() {
  const pair = await crypto.subtle.generateKey(P256, false, ["sign", "verify"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const made = { id: "next", privateKey: pair.privateKey, publicKey: compress(point), madeAt: Date.now() };
  await put("keys", made);
  return made;
}

// The key that waits for its credential; one that waits already is asked for again, by its same public key.
export const nextKey = async () => await get("keys", "next") ?? makeNext();
export const dropNext = () => within("keys", "readwrite", (keys) => keys.delete("next"));

// What signs now: { privateKey, publicKey, credential (bytes), container, since, endsAt, renewAfter (ms),
// platforms }, or undefined.
export const held = () => get("keys", "current");
export const isLive = (record, at = now()) => Boolean(record) && at < record.endsAt;

// The server has answered for `next`: it becomes the current key, and the one before it goes, in one transaction.
export async function adopt(next, record) {
  await within(["keys", "facts"], "readwrite", (keys, facts) => {
    keys.put({ ...record, id: "current", privateKey: next.privateKey, publicKey: next.publicKey });
    keys.delete("next");
    facts.put(true, "had");
    facts.delete("gone");
  });
  window.navigator.storage?.persist?.().catch(() => null);
}

// The server knows this key no longer; `why` is its answer { code, say }.
export async function drop(why) {
  await within("keys", "readwrite", (keys) => keys.clear());
  await remember("gone", why);
}

export const shown = (record) => readCredential(record.credential);

// The text of a code: for one step, one gate or none, with the answer to a challenge or none.
export const textAt = (record, { step = stepAt(seconds()), gate = NO_GATE, challenge = NO_CHALLENGE } = {}) =>
  present({ deviceKey: record.privateKey, credential: record.credential, step, gate, challenge });

// A code of this moment for other pages of the origin; null when this phone holds none that is live.
export async function presentNow(bound = {}) {
  const record = await held();
  return isLive(record) ? textAt(record, bound) : null;
}
