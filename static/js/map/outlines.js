// District outlines as /map/outlines.json packs them: rings of whole steps, each counted from the point before.
function unshift(steps, scale) {
  let [lng, lat] = [0, 0];
  const ring = [];
  for (let at = 0; at < steps.length; at += 2) {
    lng += steps[at];
    lat += steps[at + 1];
    ring.push([lng / scale, lat / scale]);
  }
  return ring;
}

// As GeoJSON, with code and name of each district.
export async function fetchOutlines(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(String(answer.status));
  const { scale, districts } = await answer.json();
  const features = districts.map(({ code, name, rings }) => ({
    type: "Feature",
    properties: { code, name },
    geometry: { type: "MultiPolygon", coordinates: rings.map((ring) => [unshift(ring, scale)]) },
  }));
  return { type: "FeatureCollection", features };
}
