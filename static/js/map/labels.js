// Names of the districts with the number of places shown there. A label stands inside its district, in the part that is
// in view, and gives way to marks and to other labels; where no room is left it is not drawn.
import { HEIGHT, room, widthOf } from "./room.js";

const MARK = 22;

function words(name, count) {
  const part = document.createElement("span");
  const number = document.createElement("b");
  number.textContent = count;
  part.append(name, " ", number);
  return part;
}

// Where the map's own buttons lie: zoom above on the left, "near me" below on the right.
const buttons = (size) => [{ x: 32, y: 54, width: 60, height: 104 }, { x: size.x - 36, y: size.y - 36, width: 68, height: 68 }];

function countsOf(spots) {
  const counts = new Map();
  for (const { district } of spots) counts.set(district, (counts.get(district) ?? 0) + 1);
  return counts;
}

// Return draw(places that are shown, pixels of the marks).
export function labels(map, districts) {
  const layer = window.L.layerGroup().addTo(map);
  const longest = ({ geometry }) => geometry.coordinates.map(([ring]) => ring).sort((a, b) => b.length - a.length)[0];
  const known = districts.map((feature) => ({ ...feature.properties, ring: longest(feature).map(([lng, lat]) => [lat, lng]) }));
  return (spots, marks) => {
    layer.clearLayers();
    const counts = countsOf(spots);
    const size = map.getSize();
    const placed = [...buttons(size), ...marks.map((mark) => ({ x: mark.x, y: mark.y, width: 2 * MARK, height: 2 * MARK }))];
    for (const { code, name, ring } of known) {
      const count = counts.get(code) ?? 0;
      const width = widthOf(`${name} ${count}`);
      const pixels = ring.map((at) => map.latLngToContainerPoint(at));
      const at = room(pixels, size, width, placed);
      if (!at) continue;
      placed.push({ ...at, width, height: HEIGHT });
      const icon = window.L.divIcon({ className: "district-name", html: words(name, count), iconSize: [width, HEIGHT] });
      window.L.marker(map.containerPointToLatLng(at), { icon, interactive: false, keyboard: false, pane: "outlines" }).addTo(layer);
    }
  };
}
