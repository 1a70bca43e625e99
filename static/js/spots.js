// The list of the map: what lies in the view, open places first; it leads where there are no tiles.
import { drawing, stateWords } from "./markers.js";

const SHOWN = 40;

function text(tag, words, className, lang) {
  const part = document.createElement(tag);
  part.textContent = words;
  if (className) part.className = className;
  if (lang) part.lang = lang;
  return part;
}

function line(spot, words) {
  const link = document.createElement("a");
  link.href = spot.url;
  const [state, ...more] = stateWords(spot, words);
  link.append(drawing(spot.kind, words.icons), text("span", spot.name, "", "zh-hans"));
  link.append(text("span", state, spot.open ? "tag open" : "shut soft"));
  if (more.length) link.append(text("small", more.join(" · ")));
  const item = document.createElement("li");
  item.append(link);
  return item;
}

export function listSpots(spots, words) {
  const find = (name) => document.querySelector(`[data-map-${name}]`);
  const ranked = [...spots].sort((a, b) => (b.open ?? 0) - (a.open ?? 0) || a.name.localeCompare(b.name, "zh"));
  find("list-box").hidden = false;
  find("list").replaceChildren(...ranked.slice(0, SHOWN).map((spot) => line(spot, words)));
  find("empty").hidden = spots.length > 0;
  find("more").hidden = spots.length <= SHOWN;
  find("count").textContent = words.count.replace("{count}", spots.length);
}
