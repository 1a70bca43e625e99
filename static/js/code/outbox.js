// What was done without a signal and waits: `put(address, body)`. A row has an id of its own (UUIDv7, also sent as `id`), so
// that a row that was sent twice counts once; it goes only when the server has answered for it. What the server refuses stays
// and is shown, until the reader sends it away with `forget(id)`. A row belongs to the code that was here when it was written:
// under somebody else's it is neither sent nor shown, and the server compares its `container` with whoever is signed in.
import v7 from "../../uuid/v7.js";
import { held } from "./keys.js";
import { isFinal, send } from "./server.js";
import { ownContainers } from "./state.js";
import { all, put as keep, remove } from "./store.js";

export const outbox = new EventTarget();
const changed = () => outbox.dispatchEvent(new Event("change"));

// Returns { id, sent: the answer's body, or null when it waits }.
export async function put(address, body = {}) {
  const id = body.id ?? v7();
  const container = (await held())?.container ?? (await ownContainers())[0] ?? null;
  await keep("outbox", { id, address, body: { ...body, id }, container, madeAt: Date.now() });
  changed();
  const [answer] = await flush(id);
  return { id, sent: answer?.ok ? answer.body : null };
}

// One's own rows in the order in which they were made; `refused` is the server's { error, say }.
export async function waiting() {
  const [rows, own] = await Promise.all([all("outbox"), ownContainers()]);
  return rows.filter((row) => !row.container || own.includes(row.container)).sort((one, other) => (one.id < other.id ? -1 : 1));
}

export async function forget(id) {
  await remove("outbox", id);
  changed();
}

async function post(row) {
  const answer = await send(row.address, { ...row.body, ...(row.container && { container: row.container }) });
  if (answer.ok) await remove("outbox", row.id);
  else if (isFinal(answer)) await keep("outbox", { ...row, refused: answer.body.error ? answer.body : { error: `status ${answer.status}` } });
  return answer;
}

async function work(only) {
  const answers = [];
  for (const row of await waiting()) {
    if (row.refused || (only && row.id !== only)) continue;
    const answer = await post(row);
    answers.push(answer);
    if (answer.status === 0) break;
  }
  if (answers.length) changed();
  return answers;
}

// Sends what waits; one tab at a time.
export const flush = (only = null) =>
  (window.navigator.locks ? window.navigator.locks.request("nuanxin-outbox", () => work(only)) : work(only));

window.addEventListener("online", () => flush());
