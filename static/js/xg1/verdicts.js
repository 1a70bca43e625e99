// What can be said about a scanned code, grouped by who or what it is about; the words of services/codes/xg1/verdicts.py.
export const GROUPS = Object.freeze({
  pass: ["ok", "ok_already_passed", "ok_stale_list", "ok_unsynced"],
  freshness: ["step_expired", "clock_skew", "clock_untrusted", "challenge_required", "challenge_mismatch", "wrong_gate", "replayed"],
  holder: ["credential_expired", "revoked", "holder_unknown"],
  code: ["bad_format", "unsupported_version", "unknown_issuer", "bad_issuer_signature", "bad_device_signature"],
  gate: ["gate_rule", "gate_closed", "device_unregistered", "rate_limited"],
  later: ["manual_override", "annulled", "conflict"],
});

export const VERDICTS = Object.freeze(Object.values(GROUPS).flat());

const groups = new Map(Object.entries(GROUPS).flatMap(([group, words]) => words.map((word) => [word, group])));

export const groupOf = (verdict) => groups.get(verdict);
// "ok_already_passed" passes too, but opens nothing a second time.
export const passes = (verdict) => groups.get(verdict) === "pass";

// The text is not a code that this version reads; `verdict` says which.
export class BadCode extends Error {
  constructor(verdict = "bad_format") {
    super(verdict);
    this.verdict = verdict;
  }
}
