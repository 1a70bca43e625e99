// The issuer's public keys, kept on the phone so that a print at a gate can be checked without a signal.
import { keysFromJwks } from "../xg1/keys.js";
import { ask } from "./server.js";
import { recall, remember } from "./store.js";

export async function fetchIssuerKeys() {
  const answer = await ask("/api/v1/keys/");
  if (answer.ok && Array.isArray(answer.body.keys)) await remember("issuer", answer.body);
}

export const issuerKeys = async () => keysFromJwks(await recall("issuer"));
