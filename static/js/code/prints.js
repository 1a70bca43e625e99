// What a scanned text is: a place code of the city, or none. Only addresses of our own are opened, and only signed prints believed.
import { readPlace } from "../xg1/place.js";
import { seconds } from "./clock.js";
import { fetchIssuerKeys, issuerKeys } from "./issuer.js";

const WHY = { expired: "expired", unknown_issuer: "unknown", bad_issuer_signature: "false", unsupported_version: "unknown" };

function addressOf(text) {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

// The place code in an address of ours, or "".
export function printOf(text, origins) {
  const url = addressOf(text);
  const found = url && origins.includes(url.origin) ? url.pathname.match(/^\/g\/([A-Za-z0-9_-]+)\/?$/) : null;
  return found?.[1] ?? "";
}

// Returns { print, place }, or { why: "foreign", "expired", "false" or "unknown" }.
export async function judge(text, origins) {
  const print = printOf(text, origins);
  if (!print) return { why: "foreign" };
  const read = async () => readPlace(print, await issuerKeys(), seconds());
  try {
    // A print by a key that came after this phone last had a signal.
    const place = await read().catch((error) => (error.reason === "unknown_issuer" ? fetchIssuerKeys().then(read) : Promise.reject(error)));
    return { print, place };
  } catch (error) {
    return { why: WHY[error.reason] ?? "foreign" };
  }
}
