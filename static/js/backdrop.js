// What lies under the points of a map: tiles when the city has set them up, else district outlines with their names.
// Every position that the server hands to a map is in the datum of that backdrop already.
export async function backdrop(map, configUrl, outlinesUrl) {
  const config = await (await fetch(configUrl)).json();
  map.setMinZoom(8);
  map.setMaxZoom(config.max_zoom);
  map.attributionControl.setPrefix(false);
  if (config.tiles) {
    window.L.tileLayer(config.tiles, { maxZoom: config.max_zoom, attribution: config.attribution }).addTo(map);
    return null;
  }
  const outlines = await (await fetch(outlinesUrl)).json();
  const layer = window.L.geoJSON(outlines, {
    style: { className: "outline", weight: 1, fillOpacity: 1, color: "" },
    interactive: false,
    onEachFeature: (feature, shape) => {
      const icon = window.L.divIcon({ className: "district-name", html: feature.properties.name, iconSize: [120, 20] });
      window.L.marker(shape.getBounds().getCenter(), { icon, interactive: false, keyboard: false }).addTo(map);
    },
  }).addTo(map);
  return layer.getBounds();
}
