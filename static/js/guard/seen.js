// What a gate has taken: each proof once, and when a courier's device passed last. Forgotten after an hour, when no step of
// that time can be shown any more.
import { answerOf, changing, reading } from "./store.js";

const FORGET_S = 3600;

export const seenKey = (gate, pid, step, challenge) => `${gate}:${pid}:${step}:${challenge}`;
export const lastKey = (gate, pid) => `${gate}:${pid}`;

export const isSeen = async (...proof) => Boolean(await reading("seen", (store) => store.get(seenKey(...proof))));
export const lastPass = async (gate, pid) => (await reading("last", (store) => store.get(lastKey(gate, pid))))?.at ?? null;

export function forgetSeen(now, all = false) {
  return changing(["seen", "last"], async (stores) => {
    for (const store of Object.values(stores)) {
      const range = all ? null : IDBKeyRange.upperBound(now - FORGET_S);
      for (const key of await answerOf(store.index("at").getAllKeys(range))) store.delete(key);
    }
  });
}
