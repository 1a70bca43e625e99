// The page without a signal: what is asked for is missing, or was not sent; what the phone keeps, each with its age.
import { age } from "./ages.js";
import { favouriteIds } from "./favourite_ids.js";
import { recents, row } from "./recents.js";

const DETAIL = /\/([0-9A-HJKMNP-TV-Z]{10})\/$/;
const page = document.querySelector("[data-kept-why]");
const { missing, unsent } = document.documentElement.dataset;

async function keptPages() {
  const store = await window.caches.open("pages");
  const found = [];
  for (const request of await store.keys()) {
    const answer = await store.match(request, { ignoreVary: true });
    const text = new DOMParser().parseFromString(await answer.text(), "text/html");
    const { pathname, search } = new URL(request.url);
    const name = text.title.split(" · ").slice(0, -1).join(" · ");
    found.push({ url: pathname + search, id: pathname.match(DETAIL)?.[1], name, at: Number(answer.headers.get("X-Saved-At")) });
  }
  return found.sort((one, other) => other.at - one.at);
}

function fill(part, pages) {
  const section = document.querySelector(`[data-kept=${part}]`);
  section.hidden = pages.length === 0;
  section.querySelector("ul").replaceChildren(...pages.map((one) => row(one.name, one.url, age(one.at))));
}

function explain() {
  const reason = unsent ? "unsent" : "missing";
  for (const part of page.querySelectorAll("[data-kept-title], [data-kept-lead]")) part.textContent = part.dataset[reason];
  page.querySelector("[data-kept-again]").hidden = reason === "unsent";
  const again = async () => { if ((await fetch("/healthz", { cache: "no-store" }).catch(() => null))?.ok) window.location.reload(); };
  if (reason === "missing") {
    window.addEventListener("online", again);
    window.setInterval(again, 15_000);
  }
}

async function start() {
  if (missing || unsent) explain();
  if (!("caches" in window)) return;
  const pages = await keptPages();
  const starred = favouriteIds();
  const looked = recents().map((one) => one.id);
  const byOrder = (ids) => ids.map((id) => pages.find((one) => one.id === id)).filter(Boolean);
  fill("favourites", byOrder(starred));
  fill("recents", byOrder(looked.filter((id) => !starred.includes(id))));
  fill("lists", pages.filter((one) => !one.id).slice(0, 20));
  document.querySelector("[data-kept-none]").hidden = pages.length > 0;
}

start();
