// Puts the parts of a fetched page in the place of this page's: count and results, and the filter form.
import { bindLocate } from "./locate.js";
import { bindWide } from "./small.js";

const PARTS = ["[data-results]", "[data-count]"];
const LINKS = [".tongue", ".where"]; // They lead back to this very question.

export function swapResults(page) {
  for (const part of PARTS) {
    const fresh = page.querySelector(part);
    if (fresh) document.querySelector(part)?.replaceChildren(...fresh.childNodes);
  }
  for (const link of LINKS) document.querySelector(link)?.replaceWith(page.querySelector(link) ?? "");
}

export function swapFilters(page) {
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
