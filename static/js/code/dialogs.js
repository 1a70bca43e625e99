// Dialogs: [data-open="name"] opens dialog[data-dialog="name"], [data-close] closes it; "open" and "close" are its events.
import { find, findAll } from "./words.js";

export const dialog = (name) => find(`dialog[data-dialog="${name}"]`);
export const isAnyOpen = () => Boolean(find("dialog[open]"));

export function open(name) {
  const found = dialog(name);
  if (found.open) return;
  found.showModal();
  found.dispatchEvent(new Event("open"));
}

export function bindDialogs() {
  for (const button of findAll("[data-open]")) button.addEventListener("click", () => open(button.dataset.open));
  for (const button of findAll("dialog [data-close]")) button.addEventListener("click", () => button.closest("dialog").close());
}
