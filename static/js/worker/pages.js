// Pages come from the network; after three seconds, a failure or a fault of the server the kept copy is shown, marked as
// one. Only a page that is opened gets a copy: a script that fetches one gets the network or an error.
const PATIENCE = 3000;
const LAST_PATIENCE = 15_000;
const GONE = [403, 404, 410];
const after = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds, null); });
// Addresses whose answer came after their copy was shown: the next opening shows what came, without asking again.
const cameLate = new Set();

// Going back asks with "force-cache", which an old answer satisfies; a navigation cannot be copied with another mode.
async function fetchPage({ url, headers, redirect, signal }, address) {
  const answer = await fetch(url, { headers, redirect, signal, credentials: "same-origin", cache: "no-cache" });
  const rules = answer.headers.get("Cache-Control") ?? "";
  const isPage = (answer.headers.get("Content-Type") ?? "").startsWith("text/html");
  if (GONE.includes(answer.status) || rules.includes("no-store")) await forget(address);
  else if (isGood(answer) && isPage) await keepPage(address, answer.clone(), rules.includes("private"));
  return answer;
}

async function keepPage(address, answer, isPersonal) {
  const other = await caches.open(isPersonal ? "pages" : "personal");
  const wasThere = await other.delete(address, LOOSE);
  // A page that was personal and is no longer: whoever it was made for has left.
  if (!isPersonal && wasThere) await caches.delete("personal");
  await keep(isPersonal ? "personal" : "pages", address, answer);
}

async function answerPage(event) {
  const { url } = event.request;
  const address = addressOf(url);
  const [kept, isOther] = await found(address);
  if (cameLate.delete(url) && kept && !isOther && savedAt(kept) > Date.now() - LAST_PATIENCE) return kept;
  const network = fetchPage(event.request, address).catch(() => null);
  event.waitUntil(network.then((answer) => answer?.ok && url.includes("lang=") && keepOfflinePage()));
  const first = await Promise.race([network, after(kept ? PATIENCE : LAST_PATIENCE)]);
  if (first && (first.status < 500 || !kept)) return first;
  if (!kept) return offlinePage("missing");
  event.waitUntil(network.then((answer) => answer?.ok && sayItCame(event.resultingClientId, url)));
  const other = isOther ? "filters" : isNearPoint(new URL(url)) && "point";
  return marked(kept, `data-saved="${savedAt(kept)}"${other ? ` data-other="${other}"` : ""}`, 200);
}

async function sayItCame(client, url) {
  cameLate.add(url);
  await tell(client, { type: "fresh" });
}

async function marked(answer, attributes, status) {
  const text = (await answer.text()).replace("<html ", `<html ${attributes} `);
  return new Response(text, { status, headers: answer.headers });
}

async function offlinePage(reason) {
  const kept = await (await caches.open(`static-${SETUP.version}`)).match(SETUP.offline, LOOSE);
  return kept ? marked(kept, `data-${reason}="1"`, 503) : Response.error();
}

async function tell(id, message) {
  (id ? await clients.get(id) : null)?.postMessage(message);
}
