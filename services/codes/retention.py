"""How long what is kept of a code is kept. docs/privacy.md tells couriers the same figures."""

import datetime as dt

#: A pass without a name, for disputes at the gate and for statistics.
PASS = dt.timedelta(days=180)
#: What proves a pass; a case may hold it longer.
PROOF = dt.timedelta(days=30)
#: Whose credential a pid was, counted from the credential's end.
PERSON = dt.timedelta(days=30)
#: A roster's entry that matched nobody.
ROSTER = dt.timedelta(days=30)
#: A picture of a proof that nobody has looked at.
PROOF_IMAGE = dt.timedelta(days=30)
#: A credential's row without its holder: longer than any proof that may still come in or be looked at.
CREDENTIAL = dt.timedelta(days=60)
#: A device that ended, after which it is not told of any more.
ENDED_CONTAINER = dt.timedelta(days=14)
#: A device that does not renew, before it ends by itself.
IDLE_CONTAINER = dt.timedelta(days=30)
#: An answer to a platform, in case the same request comes again.
IDEMPOTENT = dt.timedelta(days=1)
#: An order after its end.
ORDER = dt.timedelta(days=1)
#: Who looked somebody up; longer than what was looked up, so that it can be audited.
LOOK_UP = dt.timedelta(days=1095)
#: A row that was refused, after somebody decided about it or not.
QUARANTINE = dt.timedelta(days=180)
#: A proof that a gate has seen; far longer than any window in which it could be shown again.
SEEN = dt.timedelta(hours=1)
#: A manual code after its minute, so that a late answer can still say "used" or "over".
MANUAL_CODE = dt.timedelta(days=1)
#: What was reported at a gate, with its messages, and a refusal with its answer: as long as the pass that it is about.
REPORT = dt.timedelta(days=180)
#: A conduct case after its measure ended or was dropped.
CASE = dt.timedelta(days=180)
