// The issuer's public keys, as a gate holds them: a Map from kid to { kid, publicKey (33 bytes), nbf, exp, purpose }.
import { concat, fromBase64url, hex } from "./bytes.js";
import { compress, decompress } from "./curve.js";

const isMoment = (value) => Number.isSafeInteger(value) && value >= 0;

// Returns the key of a JWK, or null when it is not a P-256 key with a decimal kid, purpose, nbf and exp.
export function keyFromJwk(jwk) {
  if (jwk?.kty !== "EC" || jwk.crv !== "P-256" || !isMoment(jwk.nbf) || !isMoment(jwk.exp)) return null;
  if (typeof jwk.purpose !== "string") return null;
  if (typeof jwk.kid !== "string" || !/^(0|[1-9]\d{0,4})$/.test(jwk.kid) || Number(jwk.kid) > 0xffff) return null;
  const [x, y] = [fromBase64url(jwk.x), fromBase64url(jwk.y)];
  if (x?.length !== 32 || y?.length !== 32) return null;
  const point = concat([4], x, y);
  const publicKey = compress(point);
  const whole = decompress(publicKey);
  if (whole === null || hex(whole) !== hex(point)) return null;
  return { kid: Number(jwk.kid), publicKey, nbf: jwk.nbf, exp: jwk.exp, purpose: jwk.purpose };
}

// Entries of other kinds, and those that lack a part, are left out.
export function keysFromJwks(jwks) {
  const found = (jwks?.keys ?? []).map(keyFromJwk).filter(Boolean);
  return new Map(found.map((key) => [key.kid, key]));
}

// A key has one purpose ("credential", "place" or "list"); it speaks of what was issued from its `nbf` on, and of nothing
// from its `exp` on. Otherwise it is not known: null.
export function keyFor(keys, kid, purpose, issuedAt, now) {
  const key = keys.get(kid);
  return key?.purpose === purpose && issuedAt >= key.nbf && now < key.exp ? key : null;
}
