// The list of revoked indices: the payload of an IETF status list token, one bit an index, least significant first.
import { concat, fromBase64url } from "./bytes.js";

// As many bits as there are indices, in bytes: what a list may unpack to.
const MOST = 2 ** 24 / 8;

async function unpack(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const parts = [];
  let length = 0;
  const reader = stream.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length;
    if (length > MOST) {
      await reader.cancel();
      throw new RangeError("too long");
    }
    parts.push(part.value);
  }
  return concat(...parts);
}

// Returns a function of an index: true when revoked, null when the list does not reach it. Throws TypeError when the
// payload is no list. `bits` and `size` on the function are for keeping.
export async function statusBits(payload) {
  const packed = payload?.status_list?.bits === 1 ? fromBase64url(payload.status_list.lst) : null;
  if (packed === null) throw new TypeError("not a status list");
  try {
    const bits = await unpack(packed);
    // The last byte may hold more bits than there are indices; a list that names no size speaks of them all.
    const { size = bits.length * 8 } = payload;
    if (!Number.isInteger(size) || bits.length !== Math.ceil(size / 8)) throw new RangeError("not as long as it says");
    return statusOf(bits, size);
  } catch {
    throw new TypeError("not a status list");
  }
}

export function statusOf(bits, size) {
  const isRevoked = (index) => (index >= 0 && index < size ? Boolean((bits[index >> 3] >> (index & 7)) & 1) : null);
  return Object.assign(isRevoked, { bits, size });
}
