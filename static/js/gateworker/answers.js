// What a page asks for and how it is answered: the shell and its files from the phone, everything else from the network.
const FILES = new Set([...SETUP.files, ...SETUP.later]);
const PATIENCE = 3000;
// At a gate nobody waits for a newer version of what the phone has.
const GATE_PATIENCE = 1000;
const after = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds, null); });

// Asks the server whether this version is still the one, and in which language the reader reads.
async function check() {
  const answer = await fetch(SETUP.info, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok) return;
  const said = await answer.json().catch(() => ({}));
  if (said.kill) return void await end();
  if (said.version && said.version !== SETUP.version) await self.registration.update().catch(() => null);
  if (!SETUP.languages.includes(said.language) || said.language === await noted()) return;
  await note(said.language);
  await tell({ type: "language", language: said.language });
}

// A page that is asked and does not answer within a second is asleep: it scans nothing.
function isBusy(client) {
  const { port1, port2 } = new MessageChannel();
  client.postMessage({ type: "busy?" }, [port2]);
  return Promise.race([new Promise((done) => { port1.onmessage = ({ data }) => done(data === true); }), after(1000)]);
}

async function takeOver() {
  const busy = await Promise.all((await windows()).map(isBusy));
  if (!busy.includes(true)) await self.skipWaiting();
}

async function shell(event) {
  const asked = new URL(event.request.url).searchParams.get("lang");
  const isChoice = SETUP.languages.includes(asked);
  const { waiting: next } = self.registration;
  const fetched = isChoice || next ? fetch(event.request).catch(() => null) : null;
  if (isChoice) await note(asked);
  const network = await Promise.race([fetched, after(isChoice ? PATIENCE : GATE_PATIENCE)]);
  // A page that never says that it is idle heals by being opened again.
  if (network?.ok) next?.postMessage({ type: "idle" });
  event.waitUntil(check());
  return network?.ok ? network : await (await caches.open(STORE)).match(pageIn(await noted()), LOOSE) ?? network ?? fetch(event.request);
}

const file = async (request) => await (await caches.open(STORE)).match(request, LOOSE) ?? fetch(request);
const elsewhere = (request) => fetch(request).catch(() => Response.redirect(`${SETUP.scope}#away`));

async function more() {
  const store = await caches.open(STORE);
  for (const url of SETUP.later) if (!(await store.match(url, LOOSE))) await store.add(fresh(url)).catch(() => null);
}

self.addEventListener("message", (event) => event.waitUntil({ idle: takeOver, check, more }[event.data.type]?.()));
self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (SETUP.killed || event.request.method !== "GET" || origin !== self.location.origin) return;
  if (FILES.has(pathname)) event.respondWith(file(event.request));
  else if (event.request.mode === "navigate" && pathname === SETUP.scope) event.respondWith(shell(event));
  else if (event.request.mode === "navigate") event.respondWith(elsewhere(event.request));
});
