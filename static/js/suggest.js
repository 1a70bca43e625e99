// form[data-suggest="/address?lang="]: suggestions as somebody types; without this module the field searches as it is.
import { Offers } from "./offers.js";
import { forget, recall, remember } from "./searches.js";

const PAUSE_MS = 150;

function bind(form) {
  const input = form.querySelector("input[type=search]");
  const offers = new Offers(input, form.dataset);
  let timer, request;
  const close = () => { window.clearTimeout(timer); request?.abort(); offers.show([]); };
  const lately = () => {
    const searches = recall().map((text) => ({ text, hint: form.dataset.before, icon: "clock", url: `${form.action}?q=${encodeURIComponent(text)}` }));
    offers.show(searches.length ? [...searches, { text: form.dataset.forget, hint: "", icon: "close", forgets: true }] : []);
  };

  async function ask() {
    request?.abort();
    request = new AbortController();
    const address = new URL(form.dataset.suggest, window.location.href);
    address.searchParams.set("q", input.value);
    try {
      const answer = await fetch(address, { signal: request.signal });
      if (answer.ok) offers.show((await answer.json()).suggestions);
    } catch { /* Newer letters have overtaken this question, or there is no network: the field works without. */ }
  }

  function changed(event) {
    window.clearTimeout(timer);
    if (event.isComposing) return;
    request?.abort();
    if (input.value.trim()) timer = window.setTimeout(ask, PAUSE_MS);
    else lately();
  }

  function take({ offer }) {
    if (offer.forgets) { forget(form.action); close(); return; }
    remember(offer.text);
    window.location.assign(offer.url);
  }

  input.addEventListener("input", changed);
  input.addEventListener("compositionend", changed);
  input.addEventListener("focus", () => { if (!input.value.trim()) lately(); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || !offers.isOpen) return;
    const chosen = offers.options[offers.active];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") offers.move(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Enter" && chosen) take(chosen);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  offers.list.addEventListener("pointerdown", (event) => event.preventDefault());
  offers.list.addEventListener("click", (event) => { const item = event.target.closest("li"); if (item) take(item); });
  form.addEventListener("submit", () => remember(input.value));
}

export function bindSuggest(root) { root.querySelectorAll("form[data-suggest]").forEach(bind); }
