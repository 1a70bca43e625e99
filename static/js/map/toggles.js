// [data-map-toggles]: which kinds are shown, and whether only what is open now.
import { isOpen } from "./states.js";

export function toggles(root) {
  const kinds = [...root.querySelectorAll("[name=kind]")];
  const open = root.querySelector("[name=open]");
  const on = () => kinds.filter((box) => box.checked).map((box) => box.value);
  return {
    state: () => ({ kinds: on().length < kinds.length ? on() : null, open: open.checked }),
    set(state) {
      for (const box of kinds) box.checked = !state.kinds || state.kinds.includes(box.value);
      open.checked = state.open;
    },
    wanted() {
      const shown = new Set(on());
      return (spot) => shown.has(spot.kind) && (!open.checked || isOpen(spot.course));
    },
  };
}
