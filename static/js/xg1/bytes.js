// Bytes and the texts that carry them. Numbers are big-endian.
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
// Controls, line separators, and what turns the direction of a text: none belongs in a name.
const FOREIGN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

export const ascii = (text) => encoder.encode(text);

export function concat(...parts) {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function readNumber(bytes, at, length) {
  let number = 0;
  for (let i = at; i < at + length; i += 1) number = number * 256 + bytes[i];
  return number;
}

export function number(value, length, name = "number") {
  if (!Number.isInteger(value) || value < 0 || value >= 256 ** length) throw new RangeError(`${name} is out of range`);
  return Uint8Array.from({ length }, (_, i) => Math.floor(value / 256 ** (length - 1 - i)) % 256);
}

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

// Returns the text of UTF-8 bytes, or null.
export function utf8(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

// Returns the text of a name, or null when it is not UTF-8 or holds controls.
export function cleanText(bytes) {
  const text = utf8(bytes);
  return text === null || FOREIGN.test(text) ? null : text;
}

export const toBase64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// Returns the bytes of base64url without padding, or null unless an encoder would have written this very text.
export function fromBase64url(text) {
  if (typeof text !== "string" || /[^A-Za-z0-9_-]/.test(text) || text.length % 4 === 1) return null;
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
  const spare = text.length % 4 && "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".indexOf(text.at(-1));
  return spare & [0, 0, 15, 3][text.length % 4] ? null : bytes;
}
