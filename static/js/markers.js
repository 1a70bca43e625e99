// Marks of the map: one per place, clustered; colour says open, a dashed edge says approximate.
export const FIELDS = ["id", "kind", "lat", "lng", "name", "open", "price", "roughly", "url"];

export function asSpots(rows) {
  return rows.map((row) => Object.fromEntries(FIELDS.map((field, index) => [field, row[index]])));
}

export function stateWords(spot, words) {
  const state = spot.open === null ? words.unknown : spot.open ? words.open : words.closed;
  return [state, spot.price, spot.roughly ? words.roughly : ""].filter(Boolean);
}

export function drawing(kind, icons) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const icon = document.querySelector(`[name=kind][value="${kind}"]`)?.dataset.icon ?? "listing";
  use.setAttribute("href", `${icons}#${icon}`);
  svg.append(use);
  return svg;
}

function mark(spot, words) {
  const className = ["pin", spot.open ? "open" : "", spot.roughly ? "roughly" : ""].filter(Boolean).join(" ");
  const icon = window.L.divIcon({ className, html: drawing(spot.kind, words.icons), iconSize: [28, 28] });
  const marker = window.L.marker([spot.lat, spot.lng], { icon, title: [spot.name, ...stateWords(spot, words)].join(" · "), alt: spot.name });
  const link = document.createElement("a");
  link.href = spot.url;
  link.textContent = spot.name;
  const box = document.createElement("div");
  box.append(link, document.createElement("br"), stateWords(spot, words).join(" · "));
  return marker.bindPopup(box);
}

export function clusters(words) {
  return window.L.markerClusterGroup({
    showCoverageOnHover: false,
    maxClusterRadius: 56,
    animate: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    iconCreateFunction: (cluster) => {
      const count = cluster.getChildCount();
      cluster.options.title = words.places.replace("{count}", count);
      cluster.options.alt = cluster.options.title;
      const size = count < 10 ? 36 : count < 100 ? 44 : 52;
      return window.L.divIcon({ className: "cluster", html: String(count), iconSize: [size, size] });
    },
  });
}

export function show(layer, spots, words) {
  layer.clearLayers();
  layer.addLayers(spots.map((spot) => mark(spot, words)));
}
