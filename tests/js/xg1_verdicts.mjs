// Judges many texts in one process: reads {keys, list, now, gate, texts} from stdin, writes a verdict, a name and an
// assurance for each. Any error but a verdict fails the process.
import { webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";

globalThis.crypto ??= webcrypto;
const xg1 = new URL("../../static/js/xg1/", import.meta.url);
const load = (name) => import(new URL(`${name}.js`, xg1).href);
const [{ keysFromJwks }, { statusBits }, { verify }] = await Promise.all(["keys", "status", "verify"].map(load));

const { keys, list, now, gate, texts } = JSON.parse(readFileSync(0, "utf8"));
const known = { keys: keysFromJwks(keys), status: await statusBits(list), seen: () => false };
const found = [];
for (const text of texts) {
  const { verdict, name, assurance } = await verify(text, { ...known, asking: { now, gate, listAgeS: 60 } });
  found.push([verdict, name, assurance]);
}
process.stdout.write(JSON.stringify(found));
