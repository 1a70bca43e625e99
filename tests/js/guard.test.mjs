// The rules of the guard's page that need no page: clock, challenge, hours and terms, what of a sync is taken over.
import assert from "node:assert/strict";
import test from "node:test";
import { webcrypto as crypto } from "node:crypto";
import zlib from "node:zlib";
import { adopt } from "../../static/js/guard/adopt.js";
import { Challenges, randomBelow } from "../../static/js/guard/challenge.js";
import { Clock } from "../../static/js/guard/clock.js";
import { isOpenAt, isWithin } from "../../static/js/guard/hours.js";
import { InView } from "../../static/js/guard/inview.js";
import { amended } from "../../static/js/guard/live.js";
import { Failure } from "../../static/js/guard/net.js";
import { Sender } from "../../static/js/guard/sender.js";
import { ruleFor, stateNow } from "../../static/js/guard/terms.js";

globalThis.crypto ??= crypto;
const beijing = (text) => Date.parse(`${text}+08:00`);

function phone(start = 1_000_000) {
  const parts = { wallNow: start, monoNow: 50, isHidden: false };
  const clock = new Clock({ wall: () => parts.wallNow, mono: () => parts.monoNow, hidden: () => parts.isHidden });
  const pass = (wall, mono = wall) => { parts.wallNow += wall; parts.monoNow += mono; };
  return { parts, clock, pass };
}

test("half of the round trip is taken off", () => {
  const { clock, pass } = phone();
  pass(400);
  clock.sync(2_000_000, 50, 450);
  assert.equal(clock.now(), 2_000_200);
  assert.equal(clock.offset, 2_000_200 - 1_000_400);
  assert.ok(clock.isKnown);
});

test("a clock that is turned back or forward changes nothing and is not trusted until the next sync", () => {
  for (const slip of [-3_600_000, 3_600_000]) {
    const { clock, pass } = phone();
    clock.sync(2_000_000, 50, 50);
    pass(1000);
    assert.ok(clock.check());
    pass(1000 + slip, 1000);
    assert.equal(clock.check(), false);
    assert.equal(Math.round(clock.now()), 2_002_000);
    clock.sync(2_003_000, 2050, 2050);
    assert.ok(clock.isKnown);
  }
});

test("a phone that slept with the page hidden goes on by its wall clock", () => {
  const { clock, parts, pass } = phone();
  clock.sync(2_000_000, 50, 50);
  parts.isHidden = true;
  clock.check();
  pass(600_000, 0);
  parts.isHidden = false;
  assert.ok(clock.check());
  assert.equal(clock.now(), 2_600_000);
});

test("after a reload the clock counts unless it went back meanwhile", () => {
  const before = phone();
  before.clock.sync(2_000_000, 50, 50);
  const kept = before.clock.kept();
  for (const [later, isKnown] of [[60_000, true], [-60_000, false]]) {
    const { clock } = phone(1_000_000 + later);
    clock.restore(kept);
    assert.equal(clock.isKnown, isKnown);
    assert.equal(clock.now(), 2_000_000 + later);
  }
  const { clock } = phone();
  clock.restore(undefined);
  assert.equal(clock.isKnown, false);
});

test("every number of a challenge is as likely as the next, and each is asked once", () => {
  const draws = [65_500, 65_535, 47];
  assert.equal(randomBelow(100, (array) => { array[0] = draws.shift(); return array; }), 47);
  const challenges = new Challenges((array) => { array[0] = 7; return array; });
  assert.equal(challenges.ask(0, true).said, "07");
  assert.equal(challenges.ask(0, false).said, "0007");
  assert.equal(challenges.pending(59).value, 7);
  assert.equal(challenges.pending(60), null);
  challenges.ask(100, true);
  challenges.burn();
  assert.equal(challenges.pending(100), null);
});

test("three wrong answers within a minute lock a pid, and no other, for a minute", () => {
  const challenges = new Challenges();
  for (const at of [0, 10]) challenges.fail("a", at);
  assert.equal(challenges.lockedUntil("a", 10), 0);
  challenges.fail("a", 20);
  assert.equal(challenges.lockedUntil("a", 20), 80);
  assert.equal(challenges.lockedUntil("b", 20), 0);
  assert.equal(challenges.lockedUntil("a", 81), 0);
});

test("hours run past midnight, and what only the server knows is not a refusal", () => {
  assert.ok(isWithin("22:00", "06:00", beijing("2026-11-24T23:00")));
  assert.ok(!isWithin("22:00", "06:00", beijing("2026-11-24T12:00")));
  const night = { weekly: [{ day: "tue", rule: "open", opens: "22:00", closes: "02:00", open_end: false }, { day: "wed", rule: "closed" }], exceptions: [] };
  assert.equal(isOpenAt(night, beijing("2026-11-24T23:00")), true);
  assert.equal(isOpenAt(night, beijing("2026-11-25T01:00")), true);
  assert.equal(isOpenAt(night, beijing("2026-11-25T03:00")), false);
  assert.equal(isOpenAt(null, 0), null);
  assert.equal(isOpenAt({ weekly: [{ day: "tue", rule: "unknown" }] }, beijing("2026-11-24T12:00")), null);
  const dated = { ...night, exceptions: [{ starts_on: "2026-11-24", ends_on: "2026-11-24", rule: "closed" }] };
  assert.equal(isOpenAt(dated, beijing("2026-11-24T23:00")), false);
});

test("the server's word on terms holds while it is fresh; then the times that came with it", () => {
  const noon = beijing("2026-11-24T12:00");
  const terms = { state: "closed", opens: "08:00", closes: "20:00", riding: "by_hour", riding_from: "11:00", riding_until: "13:00", compound: { hours: null, paused: false } };
  assert.equal(stateNow(terms, noon, noon - 60_000), "closed");
  assert.equal(stateNow(terms, noon, noon - 600_000), "ride");
  assert.equal(stateNow(terms, beijing("2026-11-24T15:00"), noon), "enter");
  assert.equal(stateNow(terms, beijing("2026-11-24T21:00"), noon), "closed");
  assert.equal(stateNow({ ...terms, state: "never" }, noon, 0), "never");
  assert.equal(stateNow({ ...terms, opens: null }, noon, 0), "unknown");
  assert.deepEqual(["closed", "never", "ride", "unknown"].map((state) => ruleFor(state, "in")), ["gate_closed", "gate_rule", null, null]);
  assert.equal(ruleFor("closed", "out"), null);
});

test("a code that is still held up is not judged again before it was out of sight", () => {
  let now = 0;
  const inView = new InView(() => now);
  inView.judged("A", false);
  now = 1000;
  assert.ok(inView.isStillThere("A"));
  assert.ok(!inView.isStillThere("B"));
  now = 2400;
  assert.ok(inView.isStillThere("A"));
  now = 4000;
  assert.ok(!inView.isStillThere("A"));
});

test("the server changes a verdict only where it lets in or not", () => {
  const decided = { verdict: "ok" };
  assert.equal(amended(decided, { outcome: "amended", verdict: "revoked" }), "revoked");
  assert.equal(amended(decided, { outcome: "created", verdict: "ok" }), null);
  assert.equal(amended(decided, { outcome: "quarantined", verdict: null, reasons: ["holder_unknown"] }), "holder_unknown");
  assert.equal(amended(decided, { outcome: "quarantined", verdict: null, reasons: ["shift_over"] }), null);
});

const text64 = (value) => Buffer.from(value).toString("base64url");

async function issuer() {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const sign = async (payload) => {
    const head = `${text64(JSON.stringify({ alg: "ES256", typ: "statuslist+jwt", kid: "5" }))}.${text64(JSON.stringify(payload))}`;
    const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, Buffer.from(head));
    return `${head}.${text64(new Uint8Array(signature))}`;
  };
  return { sign, jwks: (purpose = "list") => ({ keys: [{ kty, crv, x, y, kid: "5", use: "sig", purpose, nbf: 0, exp: 4e9 }] }) };
}

async function answer(signer, version, changes = {}) {
  const lst = text64(zlib.deflateSync(new Uint8Array(8)));
  const token = await signer.sign({ iat: 1000, exp: 90_000, ttl: 900, version, size: 64, status_list: { bits: 1, lst } });
  return { cursor: `1.${version}.3`, now_ms: 1e6, device: { id: 1 }, keys: signer.jwks(), keys_version: 3, list: { version, token }, ...changes };
}

test("versions only rise, and a list that the list key did not sign is refused", async () => {
  const [signer, stranger] = [await issuer(), await issuer()];
  const first = await adopt({}, await answer(signer, 5), 1000);
  assert.deepEqual([first.faults, first.list.version, first.cursor, first.isSame], [[], 5, "1.5.3", false]);
  const same = await adopt(first, { ...(await answer(signer, 5)), list: null }, 1000);
  assert.equal(same.list.version, 5);
  const cases = [
    [await answer(signer, 4), "list_rolled_back"],
    [await answer(signer, 6, { keys_version: 2 }), "keys_rolled_back"],
    [{ ...(await answer(stranger, 6)), keys: signer.jwks() }, "list_not_signed"],
    [await answer(signer, 6, { keys: signer.jwks("credential") }), "list_not_signed"],
    [{ ...(await answer(signer, 6)), list: { version: 7, token: (await answer(signer, 6)).list.token } }, "list_not_signed"],
  ];
  for (const [given, fault] of cases) {
    const found = await adopt(first, given, 1000);
    assert.deepEqual([found.faults, found.cursor], [[fault], ""], fault);
    if (fault.startsWith("list")) assert.equal(found.list.version, 5, fault);
    else assert.equal(found.keys.version, 3);
  }
  const moved = await adopt(first, await answer(signer, 1, { device: { id: 2 }, keys_version: 1 }), 1000);
  assert.deepEqual([moved.faults, moved.isSame, moved.list.version], [[], false, 1]);
});

test("what is refused on the way, and not by us about the rows, is sent again and set nobody's pass aside", async () => {
  const ways = [[403], [404], [405], [421, { error: "misdirected" }], [403, { error: "not_from_here" }], [413], [400], [503], [0]];
  for (const [status, body] of ways) {
    const later = [];
    const sender = new Sender({ post: null, desk: { reached() {} }, later: (work, ms) => later.push(ms), random: () => 0.5 });
    assert.equal(await sender.bear(new Failure(status, body), [{ id: "one" }]), false, `${status} ${body?.error}`);
    assert.equal(later.length, 1, `${status} ${body?.error}`);
    assert.equal(await sender.bear(new Failure(403), [{ id: "one" }, { id: "two" }]), false);
    assert.equal(sender.size, 500);
  }
});
