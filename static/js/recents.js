// The places looked at last, in this phone's own storage: h1[data-recent="id"] is noted, [data-recents] lists them,
// [data-name-of="id"] gets the name that the phone remembers.
import { age } from "./ages.js";

const KEY = "recents";
const MOST = 12;

export function recents() {
  try {
    const found = JSON.parse(window.localStorage.getItem(KEY) ?? "[]");
    return found.filter((one) => typeof one.url === "string" && /^\/[^/\\]/.test(one.url)).slice(0, MOST);
  } catch {
    return [];
  }
}

function note(title) {
  const one = { id: title.dataset.recent, name: title.textContent, url: window.location.pathname, at: Date.now() };
  const others = recents().filter((other) => other.id !== one.id);
  try {
    window.localStorage.setItem(KEY, JSON.stringify([one, ...others].slice(0, MOST)));
  } catch { /* Storage is full or forbidden: the list stays as it is. */ }
}

export function row(name, url, words) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  const title = document.createElement("span");
  const said = document.createElement("span");
  link.href = url;
  title.textContent = name;
  title.lang = "zh-hans";
  said.className = "soft small";
  said.textContent = words;
  link.append(title, said);
  item.append(link);
  return item;
}

function list(box) {
  const found = recents();
  box.replaceChildren(...found.map((one) => row(one.name, one.url, age(one.at))));
  const part = box.closest("section");
  part.querySelector("[data-recents-none]").hidden = found.length > 0;
  for (const some of part.querySelectorAll("[data-recents-some]")) some.hidden = found.length === 0;
}

export function bindRecents(root) {
  const title = root.querySelector("h1[data-recent]");
  if (title) note(title);
  for (const gone of root.querySelectorAll("[data-name-of]")) gone.textContent = recents().find((one) => one.id === gone.dataset.nameOf)?.name ?? gone.dataset.nameOf;
  for (const box of root.querySelectorAll("[data-recents]")) {
    list(box);
    box.closest("section").querySelector("[data-recents-forget]").addEventListener("click", () => { window.localStorage.removeItem(KEY); list(box); });
  }
}
