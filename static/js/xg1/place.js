// The place code on a gate, a counter or a station: which place, which gate, signed by the issuer, until when.
import { ascii, cleanText, concat, fromBase64url, readNumber } from "./bytes.js";
import { SIGNATURE_BYTES, VERSION } from "./credential.js";
import { isSigned } from "./curve.js";
import { keyFor } from "./keys.js";

const HEAD = 21;

// The print is not believed; `reason` is bad_format, unsupported_version, unknown_issuer, bad_issuer_signature or expired.
export class BadPlaceCode extends Error {
  constructor(reason = "bad_format") {
    super(reason);
    this.reason = reason;
  }
}

function read(text) {
  const bytes = fromBase64url(text);
  if (!bytes?.length) throw new BadPlaceCode();
  if (bytes[0] !== VERSION) throw new BadPlaceCode("unsupported_version");
  const length = bytes[HEAD - 1];
  if (bytes.length < HEAD || bytes.length !== HEAD + length + SIGNATURE_BYTES) throw new BadPlaceCode();
  const place = String.fromCharCode(...bytes.subarray(3, 13));
  const body = bytes.slice(0, -SIGNATURE_BYTES);
  const name = cleanText(body.subarray(HEAD));
  if (name === null || length < 1 || length > 48 || !/^[0-9A-HJKMNP-TV-Z]{10}$/.test(place)) throw new BadPlaceCode();
  const found = { kid: readNumber(bytes, 1, 2), place, gate: readNumber(bytes, 13, 3), expiresAt: readNumber(bytes, 16, 4), name };
  return { found, body, signature: bytes.slice(-SIGNATURE_BYTES) };
}

// Returns { kid, place, gate, expiresAt, name } of a print that the issuer signed and that has not ended; throws BadPlaceCode.
export async function readPlace(text, keys, now) {
  const { found, body, signature } = read(text);
  // A print says nothing of when it was made: its key must be in use now.
  const key = keyFor(keys, found.kid, "place", now, now);
  if (!key) throw new BadPlaceCode("unknown_issuer");
  if (!(await isSigned(key.publicKey, signature, concat(ascii("XP1"), body)))) throw new BadPlaceCode("bad_issuer_signature");
  if (now >= found.expiresAt) throw new BadPlaceCode("expired");
  return found;
}
