// The phone's own store of this origin: keys (not extractable), facts (what the page remembers), outbox (what waits for a signal).
const STORES = { keys: { keyPath: "id" }, facts: {}, outbox: { keyPath: "id" } };
let opening;

function open() {
  opening ??= new Promise((done, failed) => {
    const request = window.indexedDB.open("nuanxin-code", 1);
    request.onupgradeneeded = () => Object.entries(STORES).forEach(([name, options]) => request.result.createObjectStore(name, options));
    request.onerror = () => failed(request.error);
    request.onsuccess = () => {
      // Another tab erases everything or brings a newer form: this one must not stand in its way.
      request.result.onversionchange = () => { request.result.close(); opening = undefined; };
      done(request.result);
    };
  });
  return opening.catch((error) => { opening = undefined; throw error; });
}

// Runs act(...stores) in one transaction; resolves to the result of the request that it returns, once all of it is on disk.
export async function within(names, mode, act) {
  const stores = [names].flat();
  const transaction = (await open()).transaction(stores, mode, { durability: "strict" });
  return new Promise((done, failed) => {
    transaction.onerror = () => failed(transaction.error);
    transaction.onabort = () => failed(transaction.error);
    const request = act(...stores.map((name) => transaction.objectStore(name)));
    transaction.oncomplete = () => done(request?.result);
  });
}

export const get = (store, key) => within(store, "readonly", (rows) => rows.get(key));
export const all = (store) => within(store, "readonly", (rows) => rows.getAll());
export const put = (store, row) => within(store, "readwrite", (rows) => rows.put(row));
export const remove = (store, key) => within(store, "readwrite", (rows) => rows.delete(key));
export const remember = (name, value) => within("facts", "readwrite", (facts) => facts.put(value, name));
export const recall = (name) => get("facts", name);

// Everything that this phone holds of somebody, gone.
export const wipe = () => within(Object.keys(STORES), "readwrite", (...stores) => { stores.forEach((rows) => rows.clear()); });

// Says whether this browser can keep a key at all; private windows and some apps cannot.
export async function canKeep() {
  if (!window.crypto?.subtle || !window.indexedDB) return false;
  return remember("tried", 1).then(() => true, () => false);
}
