// Writing a place into a copy of a template: [data-icon], [data-name], [data-state], [data-note], [data-more], [data-page].
import { drawing } from "./icons.js";
import { isOpen, say } from "./states.js";

export const part = (name) => document.querySelector(`[data-map-${name}]`);

export const copy = (name) => part(name).content.firstElementChild.cloneNode(true);

export function tell(spots, words) {
  const open = spots.filter((spot) => isOpen(spot.course)).length;
  part("count").textContent = words.count.replace("{count}", spots.length).replace("{open}", open);
}

function distance(metres, words) {
  return metres < 995 ? words.metres.replace("{count}", Math.round(metres / 10) * 10)
    : words.kilometres.replace("{count}", (metres / 1000).toFixed(1));
}

export function write(root, spot, words, metres) {
  const { tone, word, note } = say(spot.course, words);
  const find = (name) => root.querySelector(`[data-${name}]`);
  find("icon")?.replaceChildren(drawing(spot.kind, words));
  find("name").textContent = spot.name;
  find("state").textContent = word;
  find("state").className = tone === "shut" ? "soft" : `tag ${tone}`;
  find("note").textContent = note;
  const more = [metres == null ? "" : distance(metres, words), spot.price, spot.roughly ? words.roughly : ""];
  find("more").textContent = more.filter(Boolean).join(" · ");
  find("page").href = spot.url;
  find("page").setAttribute("aria-label", words.page.replace("{name}", spot.name));
  return root;
}
