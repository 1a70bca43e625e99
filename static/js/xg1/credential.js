// The credential: what the issuer signs about a courier's device for at most three days.
import { ascii, cleanText, concat, hex, readNumber, sha256 } from "./bytes.js";
import { decompress } from "./curve.js";
import { BadCode } from "./verdicts.js";

export const VERSION = 1;
export const MAX_LIFE_HOURS = 72;
export const WORK_TYPES = Object.freeze({ 1: "food_delivery", 2: "parcel", 3: "ride_hailing", 15: "other" });
export const SIGNATURE_BYTES = 64;

const HEAD = 14;
const POINT = 33;

// How many bytes the credential at the beginning has. The version comes before any length: a newer one says "update".
export function credentialLength(bytes) {
  if (bytes.length === 0) throw new BadCode();
  if (bytes[0] !== VERSION) throw new BadCode("unsupported_version");
  if (bytes.length < HEAD || bytes[HEAD - 1] < 1 || bytes[HEAD - 1] > 12) throw new BadCode();
  return HEAD + bytes[HEAD - 1] + POINT + SIGNATURE_BYTES;
}

// Reads exactly these bytes; throws BadCode. `body` is all before the signature, reserved bits as they were read.
export function readCredential(bytes) {
  if (bytes.length !== credentialLength(bytes)) throw new BadCode();
  const nameEnd = HEAD + bytes[HEAD - 1];
  const name = cleanText(bytes.subarray(HEAD, nameEnd));
  const publicKey = bytes.slice(nameEnd, nameEnd + POINT);
  if (name === null || decompress(publicKey) === null) throw new BadCode();
  const issuedAt = readNumber(bytes, 6, 4);
  const flags = readNumber(bytes, 11, 2);
  return {
    version: bytes[0],
    kid: readNumber(bytes, 1, 2),
    index: readNumber(bytes, 3, 3),
    issuedAt,
    lifeHours: bytes[10],
    platform: flags >> 8,
    workType: WORK_TYPES[(flags >> 4) & 15] ?? "other",
    provisional: Boolean(flags & 8),
    name,
    publicKey,
    signature: bytes.slice(-SIGNATURE_BYTES),
    body: bytes.slice(0, -SIGNATURE_BYTES),
    pid: hex(bytes.subarray(3, 11)),
    endsAt: issuedAt + 3600 * Math.min(bytes[10], MAX_LIFE_HOURS),
  };
}

// SHA-256 of the body without the issuer's signature: where (r, s) verifies, (r, n-s) does too.
export const digestOf = (credential) => sha256(credential.body);

export const issuerSigned = (credential) => concat(ascii("XG1-cred"), credential.body);
