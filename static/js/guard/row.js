// A pass as the server wants it: no name, no text; what proves it is the credential's digest and the 73 bytes.
import v7 from "../../uuid/v7.js";
import { hex, toBase64url } from "../xg1/bytes.js";
import { digestOf } from "../xg1/credential.js";
import { proofOf } from "../xg1/presentation.js";

// The id's time is the server's, as well as this phone knows it.
export const newId = (clock) => v7({ msecs: Math.floor(clock.now()) });

export async function makeRow(desk, clock, decided) {
  const { presentation = null, verdict, reasons = [], assurance = 0, challenge = null } = decided;
  const { method = "scan", why = "", annuls = null, pid = null, direction = desk.direction } = decided;
  return {
    id: newId(clock),
    checkpoint: desk.checkpoint.number,
    sequence: 0,
    shift: desk.shift.id,
    direction,
    method,
    pid: presentation?.credential.pid ?? pid,
    credential_digest: presentation && hex(await digestOf(presentation.credential)),
    presentation: presentation && toBase64url(proofOf(presentation)),
    challenge,
    scanned_at: new Date(clock.wall()).toISOString(),
    clock_offset_ms: clock.offset,
    made_offline: !desk.online,
    list_version: desk.list?.version ?? null,
    verdict,
    reasons,
    assurance: assurance ?? 0,
    forced_why: why,
    annuls,
  };
}
