"""Identity codes in a real browser: WebCrypto and BigInt of Chromium come to the verdicts of the vectors."""

import json
from typing import Any

import pytest

from scripts.xg1_vectors import TARGET

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.smoke]

JUDGE = """async ([vectors, folder]) => {
  const [{ keysFromJwks }, { statusBits }, { verifyJwt }, { verify }, { readPlace }] = await Promise.all(
    ["keys", "status", "jwt", "verify", "place"].map((name) => import(`${folder}${name}.js`)));
  const keys = keysFromJwks(vectors.keys);
  const token = await verifyJwt(vectors.list.token, { keys, now: vectors.cases[0].now, typ: "statuslist+jwt" });
  const list = await statusBits(token);
  const codes = [];
  for (const one of vectors.cases) {
    const seen = new Set(one.seen.map(String));
    const { now, gate, attended, online, challenge, scanned } = one;
    const asking = { now, gate, attended, online, challenge, scanned, clockKnown: one.clock_known,
                     listAgeS: one.list_age_s, listIsExpired: one.list_is_expired };
    const outcome = await verify(one.text, {
      keys, status: one.has_list ? list : null, asking, seen: (...proof) => seen.has(String(proof)),
      lastPass: () => one.last_pass, rule: () => one.rule });
    codes.push([one.name, outcome.verdict, outcome.name, outcome.assurance]);
  }
  const places = [];
  for (const one of vectors.places) {
    places.push([one.name, await readPlace(one.text, keys, one.now).then(() => null, (fault) => fault.reason)]);
  }
  return { codes, places };
}"""


def test_chromium_judges_the_vectors_as_they_say(phone_page: Any, live_server: Any) -> None:
    vectors = json.loads(TARGET.read_text(encoding="utf-8"))
    phone_page.goto(live_server.url + "/")
    found = phone_page.evaluate(JUDGE, [vectors, live_server.url + "/static/js/xg1/"])
    wanted = [
        [case["name"], case["verdict"], case["shown_name"], case["assurance"]] for case in vectors["cases"]
    ]
    assert found["codes"] == wanted
    assert found["places"] == [[case["name"], case["reason"]] for case in vectors["places"]]
