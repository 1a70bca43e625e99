// The JavaScript library against the vectors: `node --test tests/js/`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { webcrypto } from "node:crypto";
import { test } from "node:test";

globalThis.crypto ??= webcrypto;
const xg1 = new URL("../../static/js/xg1/", import.meta.url);
const load = (name) => import(new URL(`${name}.js`, xg1).href);
const [{ keysFromJwks }, { statusBits }, { verifyJwt }, { readPlace }, { verify }] = await Promise.all(
  ["keys", "status", "jwt", "place", "verify"].map(load),
);

const vectors = JSON.parse(readFileSync(new URL("../vectors/xg1.json", import.meta.url), "utf8"));
const keys = keysFromJwks(vectors.keys);
const list = await statusBits(
  await verifyJwt(vectors.list.token, { keys, now: vectors.cases[0].now, typ: "statuslist+jwt" }),
);

async function judged(one) {
  const seen = new Set(one.seen.map(String));
  const found = await verify(one.text, {
    keys,
    status: one.has_list ? list : null,
    asking: {
      now: one.now, gate: one.gate, attended: one.attended, online: one.online, clockKnown: one.clock_known,
      listAgeS: one.list_age_s, listIsExpired: one.list_is_expired, challenge: one.challenge, scanned: one.scanned,
    },
    seen: (...proof) => seen.has(String(proof)),
    lastPass: () => one.last_pass,
    rule: () => one.rule,
  });
  const { verdict, assurance, reasons, name, platform, clockIsSlow, presentation } = found;
  assert.equal(presentation === null, name === null);
  if (one.holder) {
    const { workType, provisional } = presentation.credential;
    assert.deepEqual({ work_type: workType, provisional }, one.holder);
  }
  return { verdict, assurance, reasons, shown_name: name, platform, clock_is_slow: clockIsSlow };
}

test("keys of other kinds are left out", () => assert.deepEqual([...keys.keys()], [1, 2, 3, 11, 12, 13, 14, 15, 16]));

test("the list speaks of each index", () => {
  const revoked = Array.from({ length: vectors.list.size }, (_, index) => index).filter(list);
  assert.deepEqual(revoked, vectors.list.revoked);
  assert.equal(list(vectors.list.size), null);
});

for (const one of vectors.cases) {
  test(`code: ${one.name}`, async () => {
    const found = await judged(one);
    assert.deepEqual(found, Object.fromEntries(Object.keys(found).map((name) => [name, one[name]])));
  });
}

for (const one of vectors.places) {
  test(`place: ${one.name}`, async () => {
    const reason = (error) => ({ reason: error.reason, place: null });
    const shown = ({ expiresAt, ...rest }) => ({ reason: null, place: { ...rest, expires_at: expiresAt } });
    const found = await readPlace(one.text, keys, one.now).then(shown, reason);
    assert.deepEqual(found, { reason: one.reason, place: one.place });
  });
}

for (const one of vectors.tokens) {
  test(`token: ${one.name}`, async () => {
    const asked = { keys, now: one.now, typ: "statuslist+jwt" };
    const found = await verifyJwt(one.token, asked).then(() => null, (error) => error.reason);
    assert.equal(found, one.reason);
  });
}

for (const one of vectors.lists) {
  test(`list: ${one.name}`, async () => {
    const found = await statusBits(one.payload).catch((error) => (assert.ok(error instanceof TypeError), null));
    const revoked = found && Array.from({ length: 99 }, (_, index) => index).filter(found);
    assert.deepEqual([revoked, found?.size ?? null], [one.revoked, one.size]);
  });
}

test("what is not a value is not known", async () => {
  const { text, now, gate } = vectors.cases.find((one) => one.name === "bound, offline");
  const judge = async (asking) => (await verify(text, { keys, status: list, asking, seen: () => false })).verdict;
  assert.equal(await judge({ now, gate, listAgeS: 60, listTtlS: undefined, challenge: undefined }), "ok");
  for (const listAgeS of [undefined, Number.NaN, null]) {
    assert.equal(await judge({ now, gate, listAgeS }), "challenge_required");
  }
});
