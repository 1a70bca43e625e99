// [data-map-empty]: nothing in view, and the next step: where there are places, or everything again.
import { boundsOf } from "./board.js";
import { part } from "./facts.js";

// `switched` is called after the toggles were set back. Return tell(places in view, shown, all).
export function empty(map, switches, switched) {
  let where = [];
  part("wider").addEventListener("click", () => map.fitBounds(boundsOf(where), { padding: [24, 24] }));
  part("reset").addEventListener("click", () => { switches.set({ kinds: null, open: false }); switched(); });
  return (seen, shown, all) => {
    where = shown;
    part("empty").hidden = seen.length > 0;
    part("wider").hidden = shown.length === 0;
    part("reset").hidden = shown.length === all.length;
  };
}
