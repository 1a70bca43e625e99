// Which request is answered how; whatever is not listed here goes to the network as if there were no worker.
// A page's address as it is asked for by the worker: the language in it is the reader's of the moment, and counts for no
// other page.
function plainOf(text) {
  const url = new URL(text);
  url.hash = "";
  url.searchParams.delete("lang");
  return url.href;
}

// A page's address as it is kept: that it is near a point, never which.
function addressOf(text) {
  const url = new URL(plainOf(text));
  if (isNearPoint(url)) url.searchParams.set("near", "");
  return url.href;
}

const isNearPoint = (url) => url.searchParams.has("near");

function kindOf({ url, method, mode }) {
  const { origin, pathname } = new URL(url);
  const isBelow = (path) => pathname.startsWith(path);
  if (origin !== self.location.origin || SETUP.untouched.some(isBelow)) return "";
  if (method === "POST" && mode === "navigate") return "form";
  if (method !== "GET") return "";
  if (isBelow(SETUP.static)) return "file";
  if (isBelow(SETUP.media)) return "media";
  if (isBelow(SETUP.data) && pathname !== SETUP.data) return "data";
  if (SETUP.unkept.some(isBelow)) return mode === "navigate" ? "once" : "";
  if (mode === "navigate") return "page";
  return pathname.endsWith("/") ? "part" : "";
}

async function send(event) {
  const answer = await fetch(event.request).catch(() => null);
  const isReshaping = SETUP.reshaping.includes(new URL(event.request.url).pathname);
  if (answer && isReshaping) event.waitUntil(keepOfflinePage());
  return answer ?? offlinePage("unsent");
}

const ANSWERS = {
  form: send,
  file: (event) => answerFile(event.request, FILES),
  media: (event) => answerFile(event.request, "media"),
  data: answerData,
  once: (event) => fetch(event.request).catch(() => offlinePage(event.request.url.endsWith(SETUP.offline) ? "asked" : "missing")),
  page: answerPage,
  part: (event) => fetchPage(event.request, addressOf(event.request.url)),
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const isSigning = request.method === "POST" && SETUP.signing.some((path) => new URL(request.url).pathname.startsWith(path));
  if (isSigning) event.waitUntil(caches.delete("personal"));
  const answer = ANSWERS[kindOf(request)];
  if (answer) event.respondWith(answer(event));
});
