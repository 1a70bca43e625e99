// Passes that wait for the server. Number, row and "seen" are written in one transaction: a number is never given twice, and a
// proof is never taken twice, by two tabs or across a reload. A row goes only when the server has answered for it.
import { lastKey, seenKey } from "./seen.js";
import { answerOf, changing, reading } from "./store.js";

const ANSWERED = new Set(["created", "duplicate", "amended", "conflict"]);

// A phone that lost its storage begins at the second of the clock, above all it has ever given.
async function nextNumber(store) {
  const before = (await answerOf(store.get("sequence"))) ?? Math.floor(Date.now() / 1000);
  store.put(before + 1, "sequence");
  return before + 1;
}

export const takeNumber = () => changing(["kept"], ({ kept }) => nextNumber(kept));

// `taken` names a proof that opens: { gate, pid, step, challenge, at }. Returns the row, or null when it was taken before.
export function put(row, taken = null) {
  return changing(["kept", "queue", "seen", "last"], async ({ kept, queue, seen, last }) => {
    if (taken) {
      const key = seenKey(taken.gate, taken.pid, taken.step, taken.challenge);
      if (await answerOf(seen.get(key))) return null;
      seen.put({ at: taken.at }, key);
      last.put({ at: taken.at }, lastKey(taken.gate, taken.pid));
    }
    const numbered = { ...row, sequence: await nextNumber(kept) };
    queue.add({ row: numbered, state: "waiting", reason: "" });
    return numbered;
  });
}

export const entries = async () =>
  (await reading("queue", (store) => store.getAll())).sort((one, other) => one.row.sequence - other.row.sequence);

export const acknowledge = (id) => changing(["queue"], ({ queue }) => { queue.delete(id); });

// Deletes what was answered for, keeps what was refused with its reason; anything else stays. Returns how many it settled.
export function settle(answers) {
  return changing(["queue"], async ({ queue }) => {
    let count = 0;
    for (const { id, outcome, reasons = [] } of answers) {
      const found = await answerOf(queue.get(id));
      if (!found || !(ANSWERED.has(outcome) || outcome === "quarantined")) continue;
      if (outcome === "quarantined") queue.put({ ...found, state: "quarantined", reason: reasons.join(" ") });
      else queue.delete(id);
      count += 1;
    }
    return count;
  });
}
