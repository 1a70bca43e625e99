// form[data-filters] and the links in [data-results]: fetch the same address and swap count, filters and results.
// Without this module, or when the fetch fails, the form and the links simply load the page.
import { breath } from "./small.js";
import { swapFilters, swapResults } from "./swap.js";

let waiting = new AbortController();

async function show(address, push) {
  waiting.abort(); // Of two taps in a row the later one counts, whichever answer comes first.
  const { signal } = (waiting = new AbortController());
  const results = document.querySelector("[data-results]");
  results.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { headers: { "X-Requested-With": "fetch" }, signal });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const work of [swapResults, swapFilters]) {
      await breath();
      if (!signal.aborted) work(page);
    }
    if (!signal.aborted) document.dispatchEvent(new Event("renewed"));
    if (push && !signal.aborted) window.history.pushState({ swapped: true }, "", address);
  } catch {
    if (!signal.aborted) window.location.assign(address);
  } finally {
    if (!signal.aborted) results.removeAttribute("aria-busy");
  }
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
