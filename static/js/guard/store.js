// What the guard's phone keeps, in IndexedDB: `kept` (one value a name), `seen` and `last` (what a gate has taken), `queue`
// (passes that the server has not answered for) and `incidents`. No name and no text of a code is in any of them.
const NAME = "nuanxin-guard";
const VERSION = 1;
let opened = null;

function lay(db) {
  db.createObjectStore("kept");
  db.createObjectStore("seen").createIndex("at", "at");
  db.createObjectStore("last").createIndex("at", "at");
  db.createObjectStore("queue", { keyPath: "row.id" }).createIndex("sequence", "row.sequence");
  db.createObjectStore("incidents", { keyPath: "id" });
}

export const answerOf = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => lay(request.result);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const db = request.result;
      db.onclose = () => { opened = null; };
      db.onversionchange = () => { db.close(); opened = null; };
      resolve(db);
    };
  });
  return opened;
}

// Runs `work(stores)` in one transaction and answers with its value once everything is on the disk.
export async function changing(names, work) {
  const tx = (await open()).transaction(names, "readwrite", { durability: "strict" });
  const done = new Promise((resolve, reject) => {
    tx.oncomplete = resolve;
    tx.onabort = () => reject(tx.error ?? new Error("aborted"));
  });
  const working = Promise.resolve(work(Object.fromEntries(names.map((name) => [name, tx.objectStore(name)]))));
  working.catch(() => tx.abort());
  const [value] = await Promise.all([working, done]);
  return value;
}

export async function reading(name, work) {
  return answerOf(work((await open()).transaction(name).objectStore(name)));
}

export const kept = (name) => reading("kept", (store) => store.get(name));
export const keep = (values) =>
  changing(["kept"], ({ kept: store }) => { for (const [name, value] of Object.entries(values)) store.put(value, name); });
