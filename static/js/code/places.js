// Compounds to choose from: the last one, those near, those of a name.
import { ask } from "./server.js";
import { recall, remember } from "./store.js";
import { language } from "./words.js";

const MOST = 6;
const rowOf = (place) => ({ listing: place.id, name: (language === "en" && place.name_en) || place.name });

async function list(query) {
  const answer = await ask(`/api/v1/compounds/?${new URLSearchParams({ page_size: MOST, ...query })}`);
  return answer.ok ? answer.body.results.map(rowOf) : null;
}

// { listing, name, gate }: the last place whose print was scanned, or which was chosen for a number.
export const lastPlace = () => recall("place");

// A print has room for the gate's name alone: the place's own comes with a signal, and is kept for when there is none.
export async function nameOf(listing) {
  const names = (await recall("names")) ?? {};
  const answer = names[listing] ? null : await ask(`/api/v1/listings/${listing}/`);
  if (!answer?.ok) return names[listing] ?? "";
  await remember("names", { ...names, [listing]: answer.body.name });
  return answer.body.name;
}
export const named = (text) => list({ q: text });

// Asks the phone where it is, on a tap only; undefined when it does not say.
export async function near() {
  const options = { enableHighAccuracy: true, timeout: 10_000, maximumAge: 60_000 };
  const found = await new Promise((done) => {
    if (window.navigator.geolocation) window.navigator.geolocation.getCurrentPosition(done, () => done(null), options);
    else done(null);
  });
  if (!found) return undefined;
  const { latitude, longitude } = found.coords;
  return list({ near: `${latitude.toFixed(4)},${longitude.toFixed(4)}`, ordering: "distance" });
}
