// How a version of the shell comes and goes. SETUP is written by services/codes/views/worker.py. A version is kept whole or
// not at all; it takes over when no open page is busy; the kill switch takes the worker and what it kept off the phone.
const STORE = `${SETUP.name}-${SETUP.version}`;
const NOTES = `${SETUP.name}-notes`;
const LOOSE = { ignoreVary: true };
const HASHED = /\.[0-9a-f]{12}\.\w+$/;
const pageIn = (language) => `${SETUP.scope}?shell=${language}`;
const fresh = (url) => new Request(url, { cache: HASHED.test(url) ? "default" : "reload" });

async function noted() {
  const answer = await (await caches.open(NOTES)).match("/language");
  return answer ? answer.text() : SETUP.languages[0];
}

const note = async (language) => (await caches.open(NOTES)).put("/language", new Response(language));

// Without cookies: a language in the address would else become the reader's choice.
async function keepPage(store, language) {
  const answer = await fetch(`${SETUP.scope}?lang=${language}`, { credentials: "omit", cache: "reload" });
  const isWhole = answer.ok && !answer.redirected && answer.headers.get("X-Shell") === SETUP.version;
  if (!isWhole) throw new Error(`The page is not of version ${SETUP.version}.`);
  await store.put(pageIn(language), answer);
}

async function install() {
  if (SETUP.killed) return self.skipWaiting();
  const store = await caches.open(STORE);
  await Promise.all([store.addAll(SETUP.files.map(fresh)), ...SETUP.languages.map((one) => keepPage(store, one))]);
  return check();
}

async function activate() {
  if (SETUP.killed) return end();
  const old = (await caches.keys()).filter((name) => name.startsWith(`${SETUP.name}-`) && ![STORE, NOTES].includes(name));
  await Promise.all(old.map((name) => caches.delete(name)));
  return self.clients.claim();
}

async function end() {
  const mine = (await caches.keys()).filter((name) => name.startsWith(`${SETUP.name}-`));
  await Promise.all(mine.map((name) => caches.delete(name)));
  await self.registration.unregister();
  await tell({ type: "ended" });
}

async function windows() {
  const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  return open.filter((one) => new URL(one.url).pathname.startsWith(SETUP.scope));
}

const tell = async (message) => (await windows()).forEach((one) => one.postMessage(message));

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
