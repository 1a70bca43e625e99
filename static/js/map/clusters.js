// The marks in view: single places and clusters by supercluster; what stays where it was is not drawn again.
import { clusterMark, feature, spotMark } from "./marks.js";
import { stamp } from "./states.js";

const REACH_PX = 56;
const OPTIONS = {
  radius: REACH_PX,
  extent: 256,
  minZoom: 8,
  map: ({ open }) => ({ open }),
  reduce: (sum, { open }) => { sum.open += open; },
};

export class Clusters {
  // `choose(spot, byKey)` opens a place; `gather(spots)` lists a cluster that no zoom takes apart.
  constructor(map, words, choose, gather) {
    Object.assign(this, { map, words, choose, gather, drawn: new Map(), layer: window.L.layerGroup().addTo(map) });
  }

  load(spots) {
    this.index = new window.Supercluster({ ...OPTIONS, maxZoom: this.map.getMaxZoom() }).load(spots.map(feature));
  }

  draw() {
    const box = this.map.getBounds().pad(0.1).toBBoxString().split(",").map(Number);
    const found = this.index.getClusters(box, this.map.getZoom());
    found.sort((a, b) => b.geometry.coordinates[1] - a.geometry.coordinates[1]);
    const held = this.layer.getLayers().some((mark) => mark.getElement() === document.activeElement);
    const now = new Map(found.map((part) => [this.key(part), part]));
    for (const [key, mark] of this.drawn) {
      if (!now.has(key)) { this.layer.removeLayer(mark); this.drawn.delete(key); }
    }
    for (const [key, part] of now) {
      if (!this.drawn.has(key)) this.drawn.set(key, this.mark(part).addTo(this.layer));
    }
    if (held && document.activeElement === document.body) this.map.getContainer().focus({ preventScroll: true });
  }

  key({ properties, geometry }) {
    const { spot, open, point_count: count } = properties;
    return spot ? `${spot.id}${stamp(spot.course)}` : `${count}/${open}/${geometry.coordinates}`;
  }

  mark({ properties, geometry }) {
    const { spot, open, cluster_id: id, point_count: count } = properties;
    if (spot) return spotMark(spot, this.words, (byKey) => this.choose(spot, byKey));
    const at = [...geometry.coordinates].reverse();
    return clusterMark(at, count, open, this.words, (byKey) => this.enter(at, id, byKey));
  }

  enter(at, id, byKey) {
    const zoom = this.index.getClusterExpansionZoom(id);
    if (zoom <= this.map.getMaxZoom()) this.map.setView(at, zoom);
    else this.gather(this.index.getLeaves(id, Infinity).map((leaf) => leaf.properties.spot), byKey);
  }

  boxes() {
    return [...this.drawn.values()].map((mark) => this.map.latLngToContainerPoint(mark.getLatLng()));
  }
}
