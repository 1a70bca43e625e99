// What lies under the marks: tiles when the city has set them up, else (and where no tile comes) district outlines.
// Every position that the server hands to a map is in the datum of that backdrop already.
import { part } from "./facts.js";
import { fetchOutlines } from "./outlines.js";

async function drawOutlines(map, url) {
  const outlines = await fetchOutlines(url);
  const style = { className: "outline", weight: 1, fillOpacity: 1, color: "" };
  window.L.geoJSON(outlines, { pane: "outlines", style, interactive: false }).addTo(map);
  return outlines.features;
}

// Return the districts that need labels: none on tiles, which name them.
export async function backdrop(map, words) {
  const config = await (await fetch(words.config)).json();
  // Behind the tiles, which are opaque where there are any.
  map.createPane("outlines").style.zIndex = 100;
  map.setMinZoom(8);
  map.setMaxZoom(config.max_zoom);
  if (!config.tiles) return drawOutlines(map, words.outlines).catch(() => []);
  map.attributionControl.addAttribution(config.attribution);
  const tiles = window.L.tileLayer(config.tiles, { maxZoom: config.max_zoom, subdomains: config.subdomains });
  let came = false;
  tiles.once("tileload", () => { came = true; });
  tiles.once("tileerror", () => {
    if (came) return;
    part("no-tiles").hidden = false;
    drawOutlines(map, words.outlines).catch(() => []);
  });
  tiles.addTo(map);
  return [];
}
