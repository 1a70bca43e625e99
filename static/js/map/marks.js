// Marks of the map. Filled is open, hollow is not; a dashed ring is an approximate position; a ring of a cluster is green
// as far as its places are open.
import { drawing } from "./icons.js";
import { isOpen, say } from "./states.js";

function face(className, content) {
  const part = document.createElement("span");
  part.className = className;
  part.append(content);
  return part;
}

// A mark that can be pressed: `press(byKey)` on a click, a tap, Enter and space.
function pressable(at, className, content, size, label, press) {
  const icon = window.L.divIcon({ className, html: content, iconSize: [size, size] });
  const marker = window.L.marker(at, { icon, title: label, riseOnHover: true });
  marker.on("click", () => press(false));
  marker.on("add", () => {
    const element = marker.getElement();
    element.setAttribute("aria-label", label);
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      press(true);
    });
  });
  return marker;
}

export function pin(spot, words) {
  const { tone } = say(spot.course, words);
  return face(`pin ${tone}${spot.roughly ? " roughly" : ""}`, drawing(spot.kind, words));
}

export function spotMark(spot, words, press) {
  const { word, note } = say(spot.course, words);
  const label = [spot.name, word, note, spot.price, spot.roughly ? words.roughly : ""].filter(Boolean).join(" · ");
  return pressable([spot.lat, spot.lng], "mark", pin(spot, words), 44, label, press);
}

export function clusterMark(at, count, open, words, press) {
  const content = face("cluster", String(count));
  content.style.setProperty("--open-share", `${(100 * open) / count}%`);
  const label = words.places.replace("{count}", count).replace("{open}", open);
  return pressable(at, "mark", content, count < 100 ? 44 : count < 1000 ? 52 : 60, label, press);
}

export const feature = (spot) => ({
  type: "Feature",
  properties: { spot, open: isOpen(spot.course) ? 1 : 0 },
  geometry: { type: "Point", coordinates: [spot.lng, spot.lat] },
});
