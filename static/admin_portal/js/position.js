// A small map under the position: drag the pin, or stand at the place. The pin writes the map's datum, the device WGS-84.
import { fetchOutlines } from "../../js/map/outlines.js";

const config = document.getElementById("nx-map-config");
const field = document.querySelector('input[name="place"]');
const datum = document.querySelector('select[name="entered_datum"]');

function write(lat, lng, inDatum) {
  datum.value = inDatum;
  field.value = `${lat.toFixed(6)}, ${lng.toFixed(6)}`;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function buttons(words) {
  const row = document.createElement("div");
  row.className = "nx-map-tools";
  const here = document.createElement("button");
  here.type = "button";
  here.className = "nx-button nx-plain";
  here.textContent = words.here;
  const note = document.createElement("span");
  note.className = "nx-soft";
  note.setAttribute("role", "status");
  row.append(here, note);
  return { row, here, note };
}

async function start() {
  const words = JSON.parse(config.textContent);
  const { row, here, note } = buttons(words);
  const holder = document.createElement("div");
  holder.className = "nx-map";
  field.closest(".grow, div").append(row, holder);
  const map = L.map(holder, { attributionControl: Boolean(words.tiles), scrollWheelZoom: false });
  map.setView(words.at ?? words.centre, words.at ? 13 : 10);
  if (words.tiles) L.tileLayer(words.tiles, { attribution: words.attribution, subdomains: words.subdomains }).addTo(map);
  const icon = L.divIcon({ className: "", html: '<span class="nx-pin"></span>', iconSize: [24, 24], iconAnchor: [12, 29] });
  const pin = L.marker(words.at ?? words.centre, { draggable: true, icon, keyboard: true, title: words.pin });
  if (words.at) pin.addTo(map);
  const put = (at) => { pin.setLatLng(at).addTo(map); write(at.lat, at.lng, words.datum); };
  pin.on("dragend", () => put(pin.getLatLng()));
  map.on("click", (event) => put(event.latlng));
  here.addEventListener("click", () => {
    note.textContent = words.asking;
    navigator.geolocation?.getCurrentPosition(
      (found) => { const at = L.latLng(found.coords.latitude, found.coords.longitude); write(at.lat, at.lng, "wgs84"); if (words.datum === "wgs84") { put(at); map.setView(at, 16); } note.textContent = words.found.replace("{}", Math.round(found.coords.accuracy)); },
      () => { note.textContent = words.denied; },
      { enableHighAccuracy: true, timeout: 10000 },
    );
  });
  new ResizeObserver(() => map.invalidateSize()).observe(holder);
  const outlines = await fetchOutlines(words.outlines).catch(() => null);
  if (outlines) L.geoJSON(outlines, { interactive: false, style: { color: "#a99d8e", weight: 1.5, fillOpacity: 0.06 } }).addTo(map).bringToBack();
}

if (config && field && datum && globalThis.L) start();
