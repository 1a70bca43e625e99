// Presents a credential with a device key of WebCrypto: reads {jwk, credential, step, gate, challenge} from stdin.
import { webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";

globalThis.crypto ??= webcrypto;
const xg1 = new URL("../../static/js/xg1/", import.meta.url);
const { present } = await import(new URL("presentation.js", xg1).href);
const { fromBase64url } = await import(new URL("bytes.js", xg1).href);

const { jwk, credential, ...lines } = JSON.parse(readFileSync(0, "utf8"));
const deviceKey = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
process.stdout.write(await present({ deviceKey, credential: fromBase64url(credential), ...lines }));
