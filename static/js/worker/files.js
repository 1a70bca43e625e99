// Map data come from the network and after three seconds from the phone, which the page is told. Pictures and files whose
// names carry their hash come from the phone first; other files only where the network fails.
const FILES = `static-${SETUP.version}`;
const HASHED = /\.[0-9a-f]{12}\.\w+$/;

async function fetchData(request) {
  const answer = await fetch(request);
  if (isGood(answer)) await keep("data", request.url, answer.clone());
  return answer;
}

async function answerData(event) {
  const network = fetchData(event.request).catch(() => null);
  event.waitUntil(network);
  const kept = await (await caches.open("data")).match(event.request.url, LOOSE);
  const first = await Promise.race([network, after(kept ? PATIENCE : LAST_PATIENCE)]);
  if (first?.ok || !kept) return first ?? Response.error();
  await tell(event.clientId, { type: "saved", at: savedAt(kept) });
  return kept;
}

async function answerFile(request, store) {
  const kept = await caches.match(request, LOOSE);
  if (kept && (store === "media" || HASHED.test(new URL(request.url).pathname))) return kept;
  const answer = await fetch(request).catch(() => null);
  if (!answer) return kept ?? Response.error();
  if (isGood(answer)) await keep(store, request.url, answer.clone());
  return answer;
}
