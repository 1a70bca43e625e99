// [data-favourite="id"] is the form with the star; .card[data-id] gets a star where it is one.
import { change, favouriteIds, MOST } from "./favourite_ids.js";

function showStar(form) {
  const isOne = favouriteIds().includes(form.dataset.favourite);
  const button = form.querySelector("button");
  button.name = isOne ? "remove" : "add";
  button.setAttribute("aria-pressed", String(isOne));
}

// With room left the cookie is changed here, at once and without a signal; a full one is the server's to tell about.
function press(event, form) {
  const id = form.dataset.favourite;
  const ids = favouriteIds();
  if (!ids.includes(id) && ids.length >= MOST) return;
  event.preventDefault();
  change(form, ids, ids.includes(id));
  showStar(form);
  const worker = navigator.serviceWorker?.controller;
  worker?.postMessage({ type: "favourites", ids: favouriteIds() });
  worker?.postMessage({ type: "keep", addresses: [window.location.href], onlyMissing: true });
  worker?.postMessage({ type: "keep", addresses: [form.action] });
}

function markCards(root) {
  const ids = favouriteIds();
  for (const card of root.querySelectorAll(".card[data-id]")) card.classList.toggle("starred-card", ids.includes(card.dataset.id));
}

export function bindFavourites(root) {
  const forms = [...root.querySelectorAll("[data-favourite]")];
  const show = () => { forms.forEach(showStar); markCards(root); };
  for (const form of forms) form.addEventListener("submit", (event) => press(event, form));
  const results = root.querySelector("[data-results]");
  if (results) new MutationObserver(show).observe(results, { childList: true });
  window.addEventListener("pageshow", (event) => event.persisted && show());
  show();
}
