// Points and signatures on P-256 as the codes carry them: compressed points, raw r‖s.
import { concat, hex, readNumber } from "./bytes.js";

const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const ES256 = { name: "ECDSA", hash: "SHA-256" };
const P256 = { name: "ECDSA", namedCurve: "P-256" };
const imported = new Map();

export const big = (bytes) => BigInt(`0x${hex(bytes)}`);

function power(base, exponent) {
  let result = 1n;
  for (let left = exponent, square = base; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

// Returns 65 bytes, or null when x ≥ p or the point is off the curve; WebCrypto imports no compressed points.
export function decompress(point) {
  if (point.length !== 33 || (point[0] !== 2 && point[0] !== 3)) return null;
  const x = big(point.subarray(1));
  if (x >= P) return null;
  const square = (((x * x - 3n) * x + B) % P + P) % P;
  const root = power(square, (P + 1n) / 4n);
  if ((root * root) % P !== square) return null;
  const y = (root & 1n) === BigInt(point[0] & 1) ? root : P - root;
  const digits = y.toString(16).padStart(64, "0");
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
  return concat([4], point.subarray(1), bytes);
}

export const compress = (point) => concat([2 + (readNumber(point, 64, 1) & 1)], point.subarray(1, 33));

const load = (point) => crypto.subtle.importKey("raw", decompress(point), P256, true, ["verify"]);

// Says whether r‖s is the signature of the key with this compressed point; a high s verifies too.
export async function isSigned(point, signature, data) {
  const [r, s] = [big(signature.subarray(0, 32)), big(signature.subarray(32))];
  if (signature.length !== 64 || r === 0n || r >= N || s === 0n || s >= N) return false;
  const name = hex(point);
  if (!imported.has(name)) {
    if (imported.size > 500) imported.clear();
    imported.set(name, await load(point));
  }
  return crypto.subtle.verify(ES256, imported.get(name), signature, data);
}

export const sign = async (key, data) => new Uint8Array(await crypto.subtle.sign(ES256, key, data));

