// Starts the worker, and hands it what this page used when the page was loaded before there was one.
import { favouriteIds } from "./favourite_ids.js";

function usedByPage() {
  const used = performance.getEntriesByType("resource").map((entry) => entry.name);
  return [window.location.href, ...used].filter((name) => name.startsWith(window.location.origin));
}

export async function bindWorker() {
  if (!("serviceWorker" in navigator)) return;
  if (document.readyState !== "complete") await new Promise((done) => { window.addEventListener("load", done, { once: true }); });
  const controlled = Boolean(navigator.serviceWorker.controller);
  await navigator.serviceWorker.register(document.documentElement.dataset.worker, { scope: "/" }).catch(() => null);
  const { active } = await navigator.serviceWorker.ready;
  active.postMessage({ type: "favourites", ids: favouriteIds() });
  if (!controlled) active.postMessage({ type: "keep", addresses: usedByPage() });
  const starred = [...document.querySelectorAll("[data-favourites] .card-name a")].map((link) => link.href);
  if (starred.length && !navigator.connection?.saveData) active.postMessage({ type: "keep", addresses: starred, onlyMissing: true });
}
