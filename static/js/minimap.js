// [data-minimap]: one place on a small map; shown only when Leaflet is there.
import { backdrop } from "./backdrop.js";

async function draw(box) {
  if (!window.L) return;
  box.hidden = false;
  const { lat, lng, accuracy, outlines, config } = box.dataset;
  const point = [Number(lat), Number(lng)];
  const exact = accuracy === "exact";
  const map = window.L.map(box, { scrollWheelZoom: false, dragging: !window.L.Browser.mobile });
  map.setView(point, 12);
  await backdrop(map, config, outlines);
  map.setView(point, map.getMaxZoom() > 13 ? (exact ? 16 : 14) : 11, { animate: false });
  const icon = window.L.divIcon({ className: exact ? "pin here" : "pin here roughly", iconSize: exact ? [22, 22] : [36, 36] });
  window.L.marker(point, { icon, keyboard: false, interactive: false }).addTo(map);
}

for (const box of document.querySelectorAll("[data-minimap]")) draw(box);
