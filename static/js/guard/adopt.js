// What of a sync's answer is taken over. Versions only rise: an older key set or list is refused, and so is a list that the
// issuer's list key did not sign. What was refused is asked for again (no cursor), and the old one stays in use.
import { keysFromJwks } from "../xg1/keys.js";
import { BadToken, verifyJwt } from "../xg1/jwt.js";
import { statusBits } from "../xg1/status.js";

const LIST_TYPE = "statuslist+jwt";

export const keysFor = (jwks, purpose) =>
  keysFromJwks({ keys: (jwks?.keys ?? []).filter((key) => (key.purpose ?? purpose) === purpose) });

function newerKeys(old, answer) {
  if (!answer.keys) return [old.keys, null];
  if (old.keys && answer.keys_version < old.keys.version) return [old.keys, "keys_rolled_back"];
  return [{ version: answer.keys_version, jwks: answer.keys }, null];
}

async function newerList(old, answer, keys, now) {
  if (!answer.list) return [old.list, null];
  if (old.list && answer.list.version < old.list.version) return [old.list, "list_rolled_back"];
  try {
    const options = { keys: keysFor(keys?.jwks, "list"), now, typ: LIST_TYPE, allowExpired: true };
    const payload = await verifyJwt(answer.list.token, options);
    if (payload.version !== answer.list.version) return [old.list, "list_not_signed"];
    await statusBits(payload);
    return [{ version: payload.version, payload }, null];
  } catch (error) {
    if (error instanceof BadToken || error instanceof TypeError) return [old.list, "list_not_signed"];
    throw error;
  }
}

// `before` is what is kept: { sync, keys, list, cursor }. Returns the same for now, with `faults`: what was refused.
export async function adopt(before, answer, now) {
  const isSame = before.sync && before.sync.device.id === answer.device.id;
  const old = isSame ? before : {};
  const [keys, keysFault] = newerKeys(old, answer);
  const [list, listFault] = await newerList(old, answer, keys, now);
  const { keys: _keys, list: _list, cursor, ...sync } = answer;
  const faults = [keysFault, listFault].filter(Boolean);
  return { sync, keys, list, cursor: faults.length ? "" : cursor, faults, isSame: Boolean(isSame) };
}
