// Asking the server: JSON both ways; what it says of the time sets the clock. No answer at all is status 0.
import { learn } from "./clock.js";

const PATIENCE = 15_000;

async function fetchJson(address, options) {
  const sentAt = Date.now();
  const answer = await fetch(address, { credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout?.(PATIENCE), ...options }).catch(() => null);
  if (!answer) return { status: 0, ok: false, body: {} };
  const body = await answer.json().catch(() => ({}));
  await learn(body.now_ms, sentAt, Date.now());
  return { status: answer.status, ok: answer.ok, body };
}

export const ask = (address) => fetchJson(address, {});

export const send = (address, body = {}) =>
  fetchJson(address, { method: "POST", headers: { "Content-Type": "application/json", "X-Nuanxin": "1" }, body: JSON.stringify(body) });

// Fields with a file, such as a photo or a proof.
export function sendForm(address, fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return fetchJson(address, { method: "POST", headers: { "X-Nuanxin": "1" }, body: form });
}

// Will be answered differently in a while, or to somebody else who signs in.
const NOT_YET = [401, 408, 425, 429];
const ANOTHER_SIGN_IN = ["sign_in", "sign_in_again", "not_from_here", "other_holder"];

// Whether an answer is a refusal for good. A 403 without an `error` is a network's own page, not the server's.
export const isFinal = ({ status, body: { error } }) =>
  (status === 403 ? Boolean(error) && !ANOTHER_SIGN_IN.includes(error) : status >= 400 && status < 500 && !NOT_YET.includes(status));
