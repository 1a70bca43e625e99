// The empty map, and where it looks first.
const HOME = [30.25, 120.17];
const EDGE = 0.1;

export function board(box, words) {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = window.L.map(box, { zoomControl: false, zoomAnimation: !calm, fadeAnimation: !calm, inertia: !calm });
  map.attributionControl.setPrefix(false);
  window.L.control.zoom({ zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
  return map.setView(HOME, 10);
}

export const boundsOf = (spots) => window.L.latLngBounds(spots.map((spot) => [spot.lat, spot.lng]));

export function within(bounds, spots) {
  const [west, south, east, north] = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  return spots.filter(({ lat, lng }) => lat >= south && lat <= north && lng >= west && lng <= east);
}

// Where most of the places are: a few far ones would make the city small.
function middle(spots) {
  const range = (axis) => {
    const sorted = spots.map((spot) => spot[axis]).sort((a, b) => a - b);
    return [sorted[Math.floor(sorted.length * EDGE)], sorted[Math.ceil(sorted.length * (1 - EDGE)) - 1]];
  };
  const [[south, north], [west, east]] = [range("lat"), range("lng")];
  return [[south, west], [north, east]];
}

export function standing(words) {
  const [lat, lng] = words.near.split(",").map(Number);
  return words.near ? window.L.latLng(lat, lng) : null;
}

// The address first, then where the reader stands, then the chosen district, then the middle of the city.
export function lookFirst(map, spots, words, asked) {
  const here = standing(words);
  const chosen = spots.filter((spot) => words.district && spot.district === words.district);
  if (asked.view) map.setView(asked.view.at, asked.view.zoom, { animate: false });
  else if (here) map.setView(here, 13, { animate: false });
  else if (spots.length) map.fitBounds(chosen.length ? boundsOf(chosen) : middle(spots), { padding: [24, 24], animate: false });
  if (here) {
    const icon = window.L.divIcon({ className: "you", iconSize: [20, 20] });
    window.L.marker(here, { icon, interactive: false, keyboard: false }).addTo(map);
  }
}
