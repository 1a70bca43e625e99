// What the map shows, in its address: ?kinds=canteen,station&open_now=true#12/30.2510/120.1710, so that a link can be
// shared and Back works. The view stands behind #: it changes with every move and the server need not know it.
const REST_MS = 400;

export function read() {
  const query = new URLSearchParams(window.location.search);
  const kinds = query.has("kinds") ? query.get("kinds").split(",") : null;
  const [zoom, lat, lng] = window.location.hash.slice(1).split("/").map(Number);
  const view = [zoom, lat, lng].every(Number.isFinite) && Math.abs(lat) < 86 ? { zoom, at: [lat, lng] } : null;
  return { kinds, open: query.get("open_now") === "true", near: query.has("near"), view };
}

let waiting;

// A step that Back takes is written at once; the view when the map has come to rest.
export function write(state, map, isStep) {
  window.clearTimeout(waiting);
  if (isStep) put(state, map, "pushState");
  else waiting = window.setTimeout(() => put(state, map, "replaceState"), REST_MS);
}

function carry(query, { kinds, open }) {
  query.delete("kinds");
  query.delete("open_now");
  if (kinds) query.set("kinds", kinds.join(","));
  if (open) query.set("open_now", "true");
  return String(query).replaceAll("%2C", ",");
}

function put(state, map, way) {
  const { lat, lng } = map.getCenter();
  const view = `#${map.getZoom()}/${lat.toFixed(4)}/${lng.toFixed(4)}`;
  const text = carry(new URLSearchParams(window.location.search), state);
  window.history[way](null, "", `${window.location.pathname}${text && `?${text}`}${view}`);
  // The other language shows the same.
  for (const link of document.querySelectorAll("a.tongue")) {
    link.search = carry(new URLSearchParams(link.search), state);
    link.hash = view;
  }
}
