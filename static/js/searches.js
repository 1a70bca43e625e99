// What was searched on this phone lately; it is kept here only and can be forgotten.
const KEY = "nuanxin.searches";
const MOST = 6;

export function recall() {
  try {
    const kept = JSON.parse(window.localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((text) => typeof text === "string").slice(0, MOST) : [];
  } catch {
    return [];
  }
}

export function remember(text) {
  const words = text.trim();
  if (!words) return;
  try {
    window.localStorage.setItem(KEY, JSON.stringify([words, ...recall().filter((old) => old !== words)].slice(0, MOST)));
  } catch { /* A phone that keeps nothing searches all the same. */ }
}

// Forgets the words, and the pages at `address` that the worker kept for them.
export async function forget(address) {
  try { window.localStorage.removeItem(KEY); } catch { /* Nothing was kept. */ }
  for (const name of ["pages", "personal"]) {
    await (await window.caches?.open(name))?.delete(address, { ignoreSearch: true, ignoreVary: true });
  }
}
