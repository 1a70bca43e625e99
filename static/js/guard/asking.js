// What `verify` is asked at this gate now, in Unix seconds.
import { isExpired } from "../xg1/jwt.js";

const TTL_S = 900;

// Whether a guard stands at the checkpoint of the shift.
export const isAttended = ({ checkpoint, sync }) => checkpoint.attended && sync.device.attended !== false;

// `challenge` is the number that this very scan must carry, or null.
export function askingOf(desk, clock, challenge) {
  const [now, payload] = [clock.seconds(), desk.list?.payload];
  return {
    now,
    gate: desk.checkpoint.number,
    attended: isAttended(desk),
    online: desk.online,
    clockKnown: clock.isKnown,
    challenge,
    listAgeS: payload ? now - payload.iat : null,
    listTtlS: desk.sync.rules?.list_ttl_s ?? payload?.ttl ?? TTL_S,
    listIsExpired: payload ? isExpired(payload, now) : false,
  };
}
