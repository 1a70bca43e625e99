// Verifies a scanned text: format, version, kid, both signatures, life, status, gate, step, challenge, seen-set.
import { hex } from "./bytes.js";
import { digestOf, issuerSigned } from "./credential.js";
import { isSigned } from "./curve.js";
import { judge } from "./judge.js";
import { keyFor } from "./keys.js";
import { decode, NO_GATE, signedBody } from "./presentation.js";
import { BadCode } from "./verdicts.js";

const ASKING = {
  gate: NO_GATE, attended: true, online: false, clockKnown: true, scanned: true, challenge: null,
  listAgeS: null, listTtlS: 900, listIsExpired: false,
};

const refused = (verdict) => ({
  verdict, presentation: null, reasons: [], assurance: null, opens: false, name: null, platform: null, clockIsSlow: false,
});

// Returns a presentation, or the verdict that says why there is none.
function read(text) {
  try {
    return decode(text);
  } catch (error) {
    if (error instanceof BadCode) return error.verdict;
    throw error;
  }
}

async function issuerFault(credential, keys, now, cache) {
  const key = keyFor(keys, credential.kid, "credential", credential.issuedAt, now);
  if (!key) return "unknown_issuer";
  const known = cache && hex(key.publicKey) + hex(await digestOf(credential)) + hex(credential.signature);
  if (cache?.has(known)) return null;
  if (!(await isSigned(key.publicKey, credential.signature, issuerSigned(credential)))) return "bad_issuer_signature";
  cache?.add(known);
  return null;
}

// `status` is a function of an index (true = revoked, null = not known) or null without a list; the seen-set is told only
// of what `opens`. Times are Unix seconds, ages seconds. Never throws for any text.
export async function verify(code, { keys, status = null, asking, seen, lastPass, rule, issuerCache = null }) {
  const shown = code?.credential?.body ? code : read(code);
  if (typeof shown === "string") return refused(shown);
  // What is not a value is not known: an age that could not be computed must not make a list fresh.
  const told = Object.entries(asking).filter(([, value]) => value !== undefined && !Number.isNaN(value));
  const asked = { ...ASKING, ...Object.fromEntries(told) };
  const fault = await issuerFault(shown.credential, keys, asked.now, issuerCache);
  if (fault) return refused(fault);
  const holds = await isSigned(shown.credential.publicKey, shown.signature, await signedBody(shown));
  return holds ? judge(shown, status, asked, { seen, lastPass, rule }) : refused("bad_device_signature");
}
