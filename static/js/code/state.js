// What the server said last of whoever is signed in, and whether that is the holder of this phone's code.
import { held } from "./keys.js";
import { renew } from "./renewal.js";
import { ask } from "./server.js";
import { recall, remember } from "./store.js";

const lists = (state, container) => state.containers.some((one) => one.number === container);

export async function readState() {
  const askedAt = Date.now();
  const answer = await ask("/code/state/");
  if (answer.ok) await remember("state", { ...answer.body, askedAt });
  return answer;
}

// Not among the devices of whoever is signed in: ended elsewhere, or somebody else's. A state that was asked for before the
// code came cannot list it, and says nothing.
export const isStrange = (record, state) =>
  Boolean(record && state?.signed_in && (state.askedAt ?? 0) >= (record.since ?? 0) && !lists(state, record.container));

// Renews when it is time. The server says of a strange code whether it was ended when it is asked to renew it: at once, but
// only once for the same person with the same devices, since each renewal is one of the few of a day.
export async function renewFor(state, atOnce) {
  const record = await held();
  if (!record) return;
  const stranger = isStrange(record, state)
    ? JSON.stringify([record.container, state.holder?.masked_name, state.containers.map((one) => one.number)])
    : null;
  const isNew = Boolean(stranger) && stranger !== (await recall("stranger"));
  const answer = await renew({ atOnce: atOnce || isNew });
  if (isNew && answer?.ok) await remember("stranger", stranger);
}

// The containers whose holder this phone's code belongs to: its own, and the others of the same person, ended ones too;
// without a code here, those of whoever is signed in.
export async function ownContainers() {
  const [record, state] = await Promise.all([held(), recall("state")]);
  const theirs = state?.signed_in ? [...state.containers.map((one) => one.number), ...(state.former ?? [])] : [];
  return !record || theirs.includes(record.container) ? theirs : [record.container];
}
