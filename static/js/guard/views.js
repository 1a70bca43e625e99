// Parts of the page by their data-* names, and which view is shown: main[data-view]. Text is only ever set as text.
const main = document.getElementById("main");
main.dataset.view ??= "loading";
const listeners = new Map();

export const part = (name, root = document) => root.querySelector(`[data-${name}]`);
export const parts = (name, root = document) => [...root.querySelectorAll(`[data-${name}]`)];

export function fill(name, text, root = document) {
  for (const one of parts(name, root)) {
    if (one.textContent !== text) one.textContent = text;
    one.hidden = text === "";
  }
}

// A copy of <template data-…>, its parts filled: { name: text }.
export function copy(name, texts = {}) {
  const made = part(name).content.cloneNode(true).firstElementChild;
  for (const [key, text] of Object.entries(texts)) fill(key, text, made);
  return made;
}

export const view = () => main.dataset.view;

export function show(name) {
  const before = view();
  main.dataset.view = name;
  for (const one of parts("section")) one.hidden = !one.dataset.section.split(" ").includes(name);
  if (before !== name) part(`section~="${name}"`)?.querySelector("[data-first]")?.focus({ preventScroll: true });
  for (const told of listeners.get(name) ?? []) told(before);
}

// Calls `told(before)` whenever a view is shown.
export function onShow(name, told) {
  listeners.set(name, [...(listeners.get(name) ?? []), told]);
}

export function onTap(name, tapped) {
  for (const one of parts(name)) one.addEventListener("click", (event) => tapped(one, event));
}

// A sentence over whatever is shown, until it is tapped away or replaced.
export function notice(text) {
  fill("notice-text", text);
  part("notice").hidden = text === "";
}
