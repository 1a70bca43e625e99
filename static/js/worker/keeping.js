// What the phone keeps, and for how long. Every copy carries the phone's own time of keeping in X-Saved-At.
// pages: for everybody · personal: made for the person who is signed in, forgotten on signing in or out · data: the map's
// answers · media: pictures · static-<version>: a release's files · notes: the worker's own.
const MOST = { pages: 60, personal: 6, data: 8, media: 160 };
const LONGEST = 30 * 24 * 3600 * 1000;
const LOOSE = { ignoreVary: true };
const SAVED_AT = "X-Saved-At";
const savedAt = (answer) => Number(answer.headers.get(SAVED_AT));
const isGood = (answer) => answer.status === 200 && answer.type === "basic" && !answer.redirected;

async function keep(store, address, answer) {
  const headers = new Headers(answer.headers);
  for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name);
  headers.set(SAVED_AT, Date.now());
  const cache = await caches.open(store);
  try {
    await cache.put(address, new Response(await answer.blob(), { status: 200, headers }));
    if (MOST[store]) await makeRoom(store, cache);
  } catch { /* The phone has no room: the page was shown all the same. */ }
}

async function forget(address) {
  for (const store of ["pages", "personal"]) await (await caches.open(store)).delete(address, LOOSE);
}

// What is too old leaves, then the oldest of what is too much; places that are favourites stay.
async function makeRoom(store, cache) {
  const requests = await cache.keys();
  const starred = await noted("favourites", []);
  const aged = await Promise.all(requests.map(async (request) => [savedAt(await cache.match(request, LOOSE)), request]));
  const spare = aged.filter(([, request]) => !starred.some((id) => request.url.endsWith(`/${id}/`)));
  spare.sort((one, other) => one[0] - other[0]);
  const tooMany = requests.length - MOST[store];
  const leaving = spare.filter(([at], place) => place < tooMany || at < Date.now() - LONGEST);
  await Promise.all(leaving.map(([, request]) => cache.delete(request, LOOSE)));
}

// The copy of an address; for lists, home and map else the newest with another query. Returns [copy, is another query].
async function found(address) {
  const isYoung = (answer) => answer && savedAt(answer) > Date.now() - LONGEST;
  for (const store of ["personal", "pages"]) {
    const exact = await (await caches.open(store)).match(address, LOOSE);
    if (isYoung(exact)) return [exact, false];
  }
  if (!SETUP.any_query.includes(new URL(address).pathname)) return [null, false];
  const others = await (await caches.open("pages")).matchAll(address, { ...LOOSE, ignoreSearch: true });
  return [others.filter(isYoung).sort((one, other) => savedAt(other) - savedAt(one))[0] ?? null, true];
}

async function noted(name, otherwise) {
  const answer = await (await caches.open("notes")).match(`/notes/${name}`);
  return answer ? answer.json() : otherwise;
}

async function note(name, value) {
  await (await caches.open("notes")).put(`/notes/${name}`, new Response(JSON.stringify(value)));
}
