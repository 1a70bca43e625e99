// [data-map-board]: all places of the city, filtered by the toggles, with the list in step with the view.
import { read, write } from "./map/address.js";
import { backdrop } from "./map/backdrop.js";
import { board, lookFirst, standing, within } from "./map/board.js";
import { Choice } from "./map/choice.js";
import { Clusters } from "./map/clusters.js";
import { empty } from "./map/empty.js";
import { part } from "./map/facts.js";
import { labels } from "./map/labels.js";
import { List } from "./map/list.js";
import { fetchPoints } from "./map/points.js";
import { keep } from "./map/renew.js";
import { toggles } from "./map/toggles.js";

async function start(box) {
  for (const name of ["frame", "toggles", "side"]) part(name).hidden = false;
  const words = box.dataset;
  const [map, here, asked, switches] = [board(box, words), standing(words), read(), toggles(part("toggles"))];
  switches.set(asked);
  const [districts, first] = await Promise.all([backdrop(map, words), fetchPoints(words.points)]);
  const points = keep(first, words, () => filter());
  lookFirst(map, first.spots, words, asked);
  const choose = (spot, byKey) => choice.open(spot, byKey);
  const list = new List(map, words, choose);
  const choice = new Choice(map, words, (spot) => list.mark(spot));
  const marks = new Clusters(map, words, choose, (spots, byKey) => list.gather(spots, byKey));
  const name = labels(map, districts);
  let [shown, panned] = [[], false];

  const look = () => {
    marks.draw();
    name(shown, marks.boxes());
    if (panned) return; // By the popup, into sight: the row under the finger stays where it is.
    const seen = within(map.getBounds(), shown);
    list.show(seen, within(map.getBounds(), here ? [here] : [])[0]);
    tellEmpty(seen, shown, points().spots);
  };
  const filter = () => {
    shown = points().spots.filter(switches.wanted());
    marks.load(shown);
    look();
    choice.renew(points().spots);
  };
  const switched = () => { filter(); write(switches.state(), map, true); };
  const tellEmpty = empty(map, switches, switched);

  map.on("autopanstart", () => { panned = true; });
  map.on("moveend", () => { look(); panned = false; write(switches.state(), map, false); });
  part("toggles").addEventListener("change", switched);
  window.addEventListener("popstate", () => {
    const back = read();
    switches.set(back);
    if (back.view) map.setView(back.view.at, back.view.zoom, { animate: false });
    filter();
  });
  filter();
}

const box = part("board");
if (box && window.L && window.Supercluster) start(box).catch(() => { part("failed").hidden = false; });
