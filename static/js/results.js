// form[data-filters] and the links in [data-results]: fetch the same address and swap count, filters and results.
// Without this module, or when the fetch fails, the form and the links simply load the page.
import { bindLocate } from "./locate.js";
import { bindWide } from "./small.js";

const PARTS = ["[data-results]", "[data-count]"];
const LINKS = [".tongue", ".where"]; // They lead back to this very question.

async function show(address, push) {
  const results = document.querySelector("[data-results]");
  results.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of PARTS) {
      const fresh = page.querySelector(part);
      if (fresh) document.querySelector(part)?.replaceChildren(...fresh.childNodes);
    }
    for (const link of LINKS) document.querySelector(link)?.replaceWith(page.querySelector(link) ?? "");
    swapFilters(page);
    if (push) window.history.pushState({ swapped: true }, "", address);
  } catch {
    window.location.assign(address);
  } finally {
    results.removeAttribute("aria-busy");
  }
}

function swapFilters(page) {
  const form = document.querySelector("form[data-filters]");
  const fresh = page.querySelector("form[data-filters]");
  const held = document.activeElement?.name;
  const wasOpen = form.querySelector("details")?.open;
  form.replaceChildren(...fresh.childNodes);
  bindLocate(form);
  bindWide(form);
  if (wasOpen) form.querySelector("details").open = true;
  if (held) form.elements.namedItem(held)?.focus?.();
}

function addressOf(form) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value) query.append(name, value);
  return `${window.location.pathname}?${query}`;
}

export function bindResults(root) {
  const form = root.querySelector("form[data-filters]");
  if (!form) return;
  form.addEventListener("change", () => show(addressOf(form), true));
  form.addEventListener("submit", (event) => { event.preventDefault(); show(addressOf(form), true); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-filters] a, [data-results] .chips a, [data-results] .pager a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(link.href, true).then(() => { if (link.closest(".pager")) window.scrollTo({ top: 0 }); });
  });
  window.addEventListener("popstate", () => show(window.location.href, false));
}
