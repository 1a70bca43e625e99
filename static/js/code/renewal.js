// Getting a credential: the first by a fresh sign-in, each later one by the key before it, silently.
import { ascii, concat, fromBase64url, toBase64url } from "../xg1/bytes.js";
import { sign } from "../xg1/curve.js";
import { now } from "./clock.js";
import { kind, label } from "./device.js";
import { adopt, drop, dropNext, held, nextKey } from "./keys.js";
import { ask, send } from "./server.js";
import { remember } from "./store.js";

// Couriers who got up at the same hour must not all renew in the same minute.
const JITTER = 30 * 60_000;
const GONE = ["revoked", "unknown_container", "bad_signature"];

// `since`: when the container was first given to this phone, by its own clock; a renewal keeps the container.
async function take(next, { body }, since = Date.now()) {
  await adopt(next, {
    credential: fromBase64url(body.credential),
    container: body.container,
    since,
    endsAt: body.ends_at_ms,
    renewAfter: body.renew_after_ms + Math.random() * JITTER,
    platforms: body.platforms ?? [],
  });
  await remember("heldBack", null);
}

// Returns { ok, status, body }; `body.error` is sign_in_again, too_many_containers or what holds a code back.
export async function first() {
  const next = await nextKey();
  const answer = await send("/code/credential/", { public_key: toBase64url(next.publicKey), kind: kind(), label: label() });
  if (answer.ok) await take(next, answer);
  if (answer.body.error === "key_used") await dropNext();
  return answer;
}

async function renewOnce(record) {
  const asked = await ask(`/code/nonce/?container=${encodeURIComponent(record.container)}`);
  if (!asked.ok) return asked;
  const next = await nextKey();
  const signature = await sign(record.privateKey, concat(ascii("XG1-renew"), ascii(asked.body.nonce), next.publicKey));
  const said = { container: record.container, nonce: asked.body.nonce, public_key: toBase64url(next.publicKey) };
  const answer = await send("/code/renew/", { ...said, signature: toBase64url(signature) });
  if (answer.ok) await take(next, answer, record.since ?? 0);
  return answer;
}

// Renews when it is time, or at once; tabs take turns, and a tab that comes second finds it done. Returns the answer or null.
export async function renew({ atOnce = false } = {}) {
  const work = async () => {
    const record = await held();
    if (!record || (!atOnce && now() < record.renewAfter)) return null;
    let answer = await renewOnce(record);
    if (answer.body.error === "key_used") await dropNext();
    if (["key_used", "bad_nonce"].includes(answer.body.error)) answer = await renewOnce(record);
    if (GONE.includes(answer.body.error)) await drop(answer.body);
    else if (answer.status === 403) await remember("heldBack", answer.body);
    return answer;
  };
  return window.navigator.locks ? window.navigator.locks.request("nuanxin-renew", work) : work();
}
