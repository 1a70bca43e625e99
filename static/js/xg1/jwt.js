// Tokens that the issuer signs for gates: the status list and the answer to a sync. ES256, kid as a decimal string.
import { ascii, fromBase64url, utf8 } from "./bytes.js";
import { isSigned } from "./curve.js";
import { keyFor } from "./keys.js";

// `reason` is bad_format, unknown_issuer, bad_issuer_signature or expired.
export class BadToken extends Error {
  constructor(reason = "bad_format") {
    super(reason);
    this.reason = reason;
  }
}

function part(text) {
  const bytes = fromBase64url(text);
  try {
    const found = bytes && JSON.parse(utf8(bytes));
    if (found && typeof found === "object") return found;
  } catch { /* said below */ }
  throw new BadToken();
}

// Returns the payload of a token that one of the keys signed; throws BadToken. An expired list still has its use (amber,
// challenge): `allowExpired` returns it, and `isExpired(payload, now)` says so. `purpose` is that of the key.
export async function verifyJwt(token, { keys, now, typ = null, purpose = "list", allowExpired = false }) {
  const parts = typeof token === "string" ? token.split(".") : [];
  if (parts.length !== 3) throw new BadToken();
  const [header, payload, signature] = [part(parts[0]), part(parts[1]), fromBase64url(parts[2])];
  if (header.alg !== "ES256" || "crit" in header || (typ !== null && header.typ !== typ)) throw new BadToken();
  if (signature?.length !== 64 || !Number.isFinite(payload.iat)) throw new BadToken();
  const isKid = typeof header.kid === "string" && /^(0|[1-9]\d{0,4})$/.test(header.kid);
  const key = isKid ? keyFor(keys, Number(header.kid), purpose, payload.iat, now) : null;
  if (!key) throw new BadToken("unknown_issuer");
  if (!(await isSigned(key.publicKey, signature, ascii(`${parts[0]}.${parts[1]}`)))) throw new BadToken("bad_issuer_signature");
  if (!allowExpired && isExpired(payload, now)) throw new BadToken("expired");
  return payload;
}

export const isExpired = (payload, now) => !(Number.isFinite(payload.exp) && now < payload.exp);
