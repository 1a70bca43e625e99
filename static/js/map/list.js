// The list in step with the map: what lies in the view, open places first, then the nearest to its middle (or to where
// the reader stands). A row chooses the place on the map; its link leads to the page.
import { copy, part, tell, write } from "./facts.js";
import { ranked, stamp } from "./states.js";

const SHOWN = 20;
const MORE = 40;

export class List {
  constructor(map, words, choose) {
    Object.assign(this, { map, words, choose, limit: SHOWN, rows: new Map(), chosen: null, gathered: null });
    part("more").addEventListener("click", () => { this.limit += MORE; this.draw(); });
    part("gathered").querySelector("button").addEventListener("click", () => this.gather(null));
  }

  // `here` is where the reader stands, if that is known.
  show(spots, here) {
    Object.assign(this, { spots, here, limit: SHOWN, gathered: null });
    this.draw();
  }

  // Places that stand too close for any zoom: list these alone until the map moves.
  gather(spots, byKey) {
    Object.assign(this, { gathered: spots, limit: SHOWN });
    this.draw();
    if (spots && byKey) part("list").querySelector("button").focus();
    else part("gathered").scrollIntoView({ block: "nearest" });
  }

  // A row that still says the same is kept.
  row(spot) {
    const metres = this.here && this.map.distance(this.here, [spot.lat, spot.lng]);
    const item = write(copy("row"), spot, this.words, metres);
    item.firstElementChild.addEventListener("click", (event) => {
      this.choose(this.spots.find(({ id }) => id === spot.id), event.detail === 0);
    });
    return item;
  }

  draw() {
    const spots = this.gathered ?? this.spots;
    const before = this.rows;
    const held = part("list").contains(document.activeElement) && document.activeElement;
    const first = ranked(spots, this.here ?? this.map.getCenter()).slice(0, this.limit);
    const key = (spot) => [spot.id, stamp(spot.course), this.here].join();
    this.rows = new Map(first.map((spot) => [key(spot), before.get(key(spot)) ?? this.row(spot)]));
    part("list").replaceChildren(...this.rows.values());
    this.mark(this.chosen);
    part("more").hidden = spots.length <= this.limit;
    part("gathered").hidden = !this.gathered;
    tell(spots, this.words);
    if (held && held.isConnected) held.focus({ preventScroll: true });
  }

  mark(spot) {
    this.chosen = spot;
    const isIt = (key) => String(key.startsWith(spot?.id ?? " "));
    for (const [key, item] of this.rows) item.firstElementChild.setAttribute("aria-pressed", isIt(key));
  }
}
