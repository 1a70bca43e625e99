// Base45 after RFC 9285, strict: nothing is trimmed, and every text has one reading or none.
export const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

const values = new Map([...ALPHABET].map((character, value) => [character, value]));
const FOREIGN = 1 << 17;
const valueAt = (text, at) => values.get(text[at]) ?? FOREIGN;

export function encode(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 2) {
    const isPair = at + 1 < bytes.length;
    const word = isPair ? (bytes[at] << 8) | bytes[at + 1] : bytes[at];
    text += ALPHABET[word % 45] + ALPHABET[Math.floor(word / 45) % 45];
    if (isPair) text += ALPHABET[Math.floor(word / 2025)];
  }
  return text;
}

// Returns the bytes, or null unless `encode` would have written this very text.
export function decode(text) {
  const leftOver = text.length % 3;
  if (leftOver === 1) return null;
  const bytes = new Uint8Array(Math.floor(text.length / 3) * 2 + (leftOver ? 1 : 0));
  let to = 0;
  for (let at = 0; at < text.length; at += 3) {
    const isPair = at + 2 < text.length;
    const word = valueAt(text, at) + valueAt(text, at + 1) * 45 + (isPair ? valueAt(text, at + 2) * 2025 : 0);
    if (word > (isPair ? 0xffff : 0xff)) return null;
    if (isPair) bytes[to++] = word >> 8;
    bytes[to++] = word & 0xff;
  }
  return bytes;
}
