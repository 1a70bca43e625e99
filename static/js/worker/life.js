// A release brings its files along and takes over at once. Hashed names never change what they hold, and a former
// release's files stay as long as a page that names them may, so open and kept pages go on working.
async function install() {
  await (await caches.open(FILES)).addAll(SETUP.shell);
  await keepOfflinePage();
  await self.skipWaiting();
}

async function keepOfflinePage() {
  await (await caches.open(FILES)).add(new Request(SETUP.offline, { cache: "reload" }));
}

async function activate() {
  const left = await noted("left", {});
  delete left[FILES];
  for (const name of await caches.keys()) {
    if (!name.startsWith("static-") || name === FILES) continue;
    left[name] ??= Date.now();
    if (left[name] < Date.now() - LONGEST && await caches.delete(name)) delete left[name];
  }
  await note("left", left);
  await self.clients.claim();
}

// What a page used before there was a worker, or what it wants to have at hand (favourites).
async function fetchAll(addresses, onlyMissing) {
  for (const url of addresses.map(plainOf)) {
    const request = new Request(url, { credentials: "same-origin", headers: { "X-Requested-With": "fetch" } });
    const kind = kindOf({ url, method: "GET", mode: "cors" });
    const address = addressOf(url);
    if (kind === "part" && !(onlyMissing && (await found(address))[0])) await fetchPage(request, address).catch(() => null);
    if (kind === "data") await fetchData(request).catch(() => null);
    if (kind === "file" || kind === "media") await answerFile(request, kind === "file" ? FILES : "media");
  }
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) => {
  const { type, ids, addresses, onlyMissing } = event.data;
  if (type === "favourites") event.waitUntil(note("favourites", ids));
  if (type === "keep") event.waitUntil(fetchAll(addresses, onlyMissing));
});
