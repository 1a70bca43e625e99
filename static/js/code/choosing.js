// Choosing a compound: the last one, those near, those of a name.
import { lastPlace, named, near } from "./places.js";
import { find } from "./words.js";

const PAUSE = 250;

// `say(word)` says "offline", "nothing", "nowhere" or ""; `choose(place)` takes { listing, name }. Returns how to begin.
export function bindChoosing({ box, say, choose }) {
  const [rows, search] = ["[data-places]", "[data-search]"].map((one) => find(one, box));
  let timer;

  function list(found) {
    if (found === undefined) return say("nowhere");
    say(found ? (found.length ? "" : "nothing") : "offline");
    return rows.replaceChildren(...(found ?? []).map((one) => {
      const item = find("template[data-place-row]", box).content.cloneNode(true);
      const button = find("button", item);
      button.textContent = one.name;
      button.addEventListener("click", () => choose(one));
      return item;
    }));
  }

  find("[data-near]", box).addEventListener("click", async () => list(await near()));
  search.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(async () => { if (search.value.trim()) list(await named(search.value.trim())); }, PAUSE);
  });
  return async () => {
    say("");
    const last = await lastPlace();
    if (last) list([{ ...last, name: last.name || last.gate }]);
  };
}
