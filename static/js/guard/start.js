// The start of a shift: tap a name, tap a checkpoint. Without a network it begins on the phone and is told to the server later.
import { desk } from "./desk.js";
import { post } from "./net.js";
import { unlockSound } from "./sound.js";
import { keep } from "./store.js";
import { copy, notice, onShow, part, show } from "./views.js";
import { language } from "./words.js";

const SHIFT_MS = 12 * 3_600_000;
const chosen = { guard: null, checkpoint: null };

function choices(kind, found) {
  const list = part(`${kind}-choices`);
  if (!found.some((one) => one.id === chosen[kind])) chosen[kind] = found.length === 1 ? found[0].id : null;
  list.replaceChildren(...found.map(({ id, name }) => {
    const item = copy("choice", { label: name });
    const button = item.querySelector("button");
    button.setAttribute("aria-pressed", String(chosen[kind] === id));
    button.addEventListener("click", () => { chosen[kind] = id; render(); });
    return item;
  }));
}

function render() {
  const { guards = [], checkpoints = [] } = desk.sync ?? {};
  choices("guard", guards);
  choices("checkpoint", checkpoints.map((one) => ({ id: one.number, name: (language === "en" && one.name_en) || one.name })));
  part("no-guards").hidden = guards.length > 0;
  part("no-checkpoints").hidden = checkpoints.length > 0;
  part("begin").disabled = chosen.guard === null || chosen.checkpoint === null;
}

// Returns the shift as the server has it; without a network, one that it does not know of yet (id null).
export async function begin(guard, checkpoint, clock) {
  try {
    return (await post("/guard/shift/", { guard, checkpoint })).shift;
  } catch (failure) {
    if (failure.status !== 0) throw failure;
    const now = Math.floor(clock.now());
    return { id: null, guard, checkpoint, started_at_ms: now, ends_at_ms: now + SHIFT_MS };
  }
}

export function bindStart({ clock }) {
  onShow("start", render);
  desk.addEventListener("sync", () => { if (!desk.shift) render(); });
  part("begin").addEventListener("click", async () => {
    unlockSound();
    navigator.storage?.persist?.();
    try {
      const shift = await begin(chosen.guard, chosen.checkpoint, clock);
      await keep({ shift, endsShift: false });
      desk.endsShift = false;
      await desk.take({ shift });
      show("scan");
    } catch (failure) {
      notice(failure.say || failure.message);
    }
  });
}
