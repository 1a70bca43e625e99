// Favourites in their cookie: ids, newest first, at most 60 (portal/pages/favourites.py reads and writes the same one).
export const MOST = 60;
const SECONDS = 400 * 24 * 3600;

export function favouriteIds() {
  const value = document.cookie.match(/(?:^|; )favourites=([^;]*)/)?.[1] ?? "";
  return [...new Set(value.split("."))].filter((id) => /^[0-9A-HJKMNP-TV-Z]{10}$/.test(id)).slice(0, MOST);
}

function write(ids) {
  const secure = window.location.protocol === "https:" ? "; secure" : "";
  const seconds = ids.length ? SECONDS : 0;
  document.cookie = `favourites=${ids.slice(0, MOST).join(".")}; path=/; max-age=${seconds}; samesite=lax${secure}`;
}

// Safari forgets a script's cookie after seven days and keeps the server's: with a signal the server writes it too, one change
// after the other. An answer to an earlier change does not undo a later one.
let telling = Promise.resolve();
let wanted = [];

function tellServer(form, name) {
  const body = new FormData(form);
  body.set(name, form.dataset.favourite);
  const send = () => fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" }, keepalive: true });
  telling = telling.then(send).catch(() => null).then(() => { if (favouriteIds().join() !== wanted.join()) write(wanted); });
}

// Takes the form's place off or puts it first.
export function change(form, ids, isOne) {
  const id = form.dataset.favourite;
  wanted = isOne ? ids.filter((other) => other !== id) : [id, ...ids];
  write(wanted);
  tellServer(form, isOne ? "remove" : "add");
}
