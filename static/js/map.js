// [data-map]: all places, filtered by the toggles, with the list in step with the view.
import { backdrop } from "./backdrop.js";
import { asSpots, clusters, show } from "./markers.js";
import { listSpots } from "./spots.js";

const HOME = [30.25, 120.17];

function wanted(toggles) {
  const kinds = [...toggles.querySelectorAll("[name=kind]:checked")].map((box) => box.value);
  const open = toggles.querySelector("[name=open]").checked;
  return (spot) => kinds.includes(spot.kind) && (!open || spot.open === 1);
}

async function start(box) {
  if (!window.L) return;
  const words = box.dataset;
  const toggles = document.querySelector("[data-map-toggles]");
  for (const part of [box, toggles, document.querySelector("[data-map-note]")]) part.hidden = false;
  const map = window.L.map(box, { attributionControl: true }).setView(HOME, 10);
  const layer = clusters(words);
  const [bounds, answer] = await Promise.all([backdrop(map, words.config, words.outlines), fetch(words.points)]);
  const spots = asSpots((await answer.json()).rows);
  map.addLayer(layer);
  let chosen = [];
  const inView = () => listSpots(chosen.filter((spot) => map.getBounds().contains([spot.lat, spot.lng])), words);
  const filter = () => {
    chosen = spots.filter(wanted(toggles));
    show(layer, chosen, words);
    inView();
  };
  const asked = new URLSearchParams(window.location.search).get("near");
  const point = (asked ?? words.near).split(",").map(Number);
  if (point.length === 2 && point.every(Number.isFinite)) map.setView(point, asked ? 13 : 12);
  else if (spots.length) map.fitBounds(window.L.latLngBounds(spots.map((spot) => [spot.lat, spot.lng])), { padding: [24, 24] });
  else if (bounds) map.fitBounds(bounds);
  map.on("moveend", inView);
  toggles.addEventListener("change", filter);
  filter();
}

const box = document.querySelector("[data-map]");
if (box) start(box);
