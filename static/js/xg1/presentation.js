// The presentation: what the device signs every 15 seconds, and the text of the QR code.
import { decode as fromBase45, encode as toBase45 } from "./base45.js";
import { ascii, concat, hex, number, readNumber, sha256 } from "./bytes.js";
import { credentialLength, digestOf, readCredential } from "./credential.js";
import { sign } from "./curve.js";
import { BadCode } from "./verdicts.js";

export const STEP_SECONDS = 15;
// Not bound to a gate; no challenge answered.
export const NO_GATE = 0;
export const NO_CHALLENGE = 65535;
// Signed on a tap for the server alone, to be given digits: no screen ever shows it, no gate asks for it or takes it.
export const UNSHOWN = 65534;
export const PROOF_BYTES = 73;

// The most letters and digits that a QR code holds.
const LONGEST = 4296;
const LINES = 9;

export const stepAt = (seconds) => Math.floor(seconds / STEP_SECONDS);

const lines = ({ step, gate, challenge }) =>
  concat(number(step, 4, "step"), number(gate, 3, "gate"), number(challenge, 2, "challenge"));

export const signedBody = async (shown) =>
  concat(ascii("XG1-pres"), await digestOf(shown.credential), lines(shown));

// The name of this proof in the log: 64 hex digits.
export const bodyDigest = async (shown) => hex(await sha256(await signedBody(shown)));

// The 73 bytes step, gate, challenge, signature.
export const proofOf = (shown) => concat(lines(shown), shown.signature);

export const encode = (credential, proof) => `XG1:${toBase45(concat(credential, proof))}.`;

// Returns what a text carries, whoever signed it; throws BadCode (bad_format or unsupported_version).
export function decode(text) {
  // A space may be data: nothing is trimmed, and the full stop says where the code ends.
  if (typeof text !== "string" || text.length > LONGEST) throw new BadCode();
  if (!text.startsWith("XG1:") || !text.endsWith(".")) throw new BadCode();
  const bytes = fromBase45(text.slice(4, -1));
  if (bytes === null) throw new BadCode();
  const length = credentialLength(bytes);
  if (bytes.length !== length + PROOF_BYTES) throw new BadCode();
  return {
    credential: readCredential(bytes.slice(0, length)),
    step: readNumber(bytes, length, 4),
    gate: readNumber(bytes, length + 4, 3),
    challenge: readNumber(bytes, length + 7, 2),
    signature: bytes.slice(length + LINES),
  };
}

// Returns the text of a code; `deviceKey` is a private CryptoKey, `credential` the bytes that the server sent.
export async function present({ deviceKey, credential, step, gate = NO_GATE, challenge = NO_CHALLENGE }) {
  const shown = { credential: readCredential(credential), step, gate, challenge };
  return encode(credential, concat(lines(shown), await sign(deviceKey, await signedBody(shown))));
}
