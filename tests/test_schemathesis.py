"""schemathesis asks the whole API whatever its schema allows and forbids, and finds nothing.

The same questions in every run. `FUZZ_EXAMPLES=300` asks more of each operation.
"""

import logging
import os
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import AcceptedNegativeData, FailureGroup
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.openapi.checks import RejectedPositiveData
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.specs.openapi._caches import clear_all

from portal.listings.kinds import listing_models
from services.codes.api import callers
from tests.whole_api import SOURCE, one_of_each, whole_key

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "12"))
MOST_CASES = 20 * EXAMPLES
#: Tests over which the operations are dealt out, so that they run beside each other.
#: The area of the key: where the examples lie.
CITY = "3301"
PARTS = 4

#: What a value may be refused for although its form is right: a schema cannot state it.
BEYOND_A_SCHEMA = {
    "not_streamed": "Two parameters exclude each other, and OpenAPI knows each alone.",
    "only_streamed": "The same.",
    "needs_point": "The same.",
    "out_of_range": "A moment is too far from now, or not of this century; JSON Schema compares no instants.",
    "unknown": "There is no such row.",
    "unknown_key": "There is no such region or amenity.",
    "repeated": "An item is there twice, by one of its keys.",
    "blank": "A new place needs what a change of it may leave out.",
    "not_paused": "Two keys of a body belong together.",
    "required": "The same: a pause asks for its reason.",
    "min_value": "A decimal is a text, and JSON Schema compares no texts.",
    "max_value": "The same.",
    "other_filters": "A cursor belongs to the question that it was given for.",
    "box": "In a box one number is less than another.",
    "swapped": "A latitude that is one only where there is no city of ours.",
    "not_utf8": "Text that did not arrive whole; it could be said only by a pattern on every text.",
    "unreadable": "The same.",
    "null_character": "The same.",
    "null_characters_not_allowed": "The same.",
}
_numbers = count(1)
#: What became of a row that is refused alone: the request as a whole was right.
REFUSED_ALONE = {"refused", "quarantined"}


def config(key: str | None) -> SchemathesisConfig:
    """Return the settings: every check, every phase that needs no state, the same examples in each run."""
    # Told of the key, the library also asks without it and with a wrong one, and holds what comes back to that.
    auth = {"openapi": {"key": {"bearer": key}}} if key else {}
    return SchemathesisConfig.from_dict(
        {
            "auth": auth,
            "checks": {
                # The library's own lists, and beside them: too much (413), no longer there (410), moved on (412).
                "negative_data_rejection": {
                    "expected-statuses": [
                        400,
                        401,
                        403,
                        404,
                        405,
                        406,
                        409,
                        410,
                        412,
                        413,
                        415,
                        422,
                        428,
                        429,
                        "5xx",
                    ]
                },
                "positive_data_acceptance": {
                    "expected-statuses": ["2xx", "3xx", 401, 403, 404, 409, 410, 412, 429, "5xx"]
                },
            },
            "seed": 20261126,
            "generation": {"max-examples": EXAMPLES, "deterministic": True},
            # In process nobody unpacks an answer.
            "headers": {"Accept-Encoding": "identity"},
            # Words out of our own source are no likelier questions than others, and finding them takes long.
            "analysis": {"constants": {"enabled": False}},
        }
    )


@pytest.fixture
def application() -> Iterator[Any]:
    """Return the portal as a server calls it, which leaves the test's transaction open."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield get_wsgi_application()
    for signal in signals:
        signal.connect(close_old_connections)


class Api:
    """The schema with rows to ask for, and a key that may do everything."""

    def __init__(self, application: Any, *, with_key: bool) -> None:
        callers._kept.clear()
        # What a schema could not be made to say is kept for the process, and would leave cases of the next one out.
        clear_all()
        places = one_of_each()
        key = whole_key(places[1], area_code=CITY) if with_key else None
        self.schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", application, config=config(key))
        _name_real_rows(self.schema.raw_schema, places)

    def run(self, part: int, subtests: Any) -> None:
        """Ask every operation of a part of the schema.

        The library's own loader for fixtures writes to an attribute that nodes of this pytest do not have.
        """
        load_all_checks()
        operations = [found.ok() for found in self.schema.get_all_operations()]
        assert len(operations) > PARTS
        for operation in operations[part::PARTS]:
            with subtests.test(operation.label):
                self.ask(operation, judge)

    def ask(self, operation: Any, judge: Callable[[Any], None]) -> None:
        """Ask an operation all that there is to ask, and judge each case."""
        test = build_operation_test(
            config=self.schema.config,
            operation=operation,
            test_func=judge,
            given_kwargs={},
            feedback=FeedbackSources(),
        )
        # A body of many kinds has thousands of forms; the same few hundred of them are asked in each run.
        cases = getattr(test, "hypothesis_explicit_examples", [])
        cases[:] = cases[:: 1 + len(cases) // MOST_CASES]
        test()


def _name_real_rows(schema: dict[str, Any], places: list[Any]) -> None:
    """Put rows that are there in place of the examples of path parameters, so that questions find something."""
    plurals = {model.plural: model for model in listing_models()}
    for address, operations in schema["paths"].items():
        kinds = [model for plural, model in plurals.items() if f"/{plural}/" in address]
        place = next((place for place in places if not kinds or isinstance(place, kinds[0])), places[0])
        real = {"public_id": place.public_id, "id": place.public_id, "source": SOURCE, "kind": place.kind}
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path" and parameter["name"] in real:
                    parameter["examples"] = {"real": {"value": real[parameter["name"]]}}


@pytest.fixture
def asked(
    application: Any, regions: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Api]:
    """Return a function that makes the API ready to be asked."""
    # Thousands of refusals are as they should be, and nobody reads of them.
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)
    settings.API_ANONYMOUS_PER_MINUTE = settings.API_KEY_PER_MINUTE = 0
    return partial(Api, application)


def judge(case: Any) -> None:
    """Send a case, and raise what is found, but for what `excused` says."""
    one_request_each(case)
    response = case.call()
    try:
        case.validate_response(response)
    except FailureGroup as found:
        left = [failure for failure in found.exceptions if not excused(failure, response, case)]
        if left:
            told = [f"{failure}\n{response.status_code} {response.text[:1500]}" for failure in left]
            raise AssertionError("\n\n".join([*told, case.as_curl_command()])) from None


def one_request_each(case: Any) -> None:
    """Give a case a name of its own where it has the example's, or all but the first would be refused for that."""
    if case.headers and case.headers.get("Idempotency-Key") == "2026-11-26-1":
        case.headers["Idempotency-Key"] = f"2026-11-26-{next(_numbers)}"
    # The library writes 0 as a value that fits where a pattern asks for quotes, as it does for a version.
    if case.meta.generation.mode.is_positive and case.headers and case.headers.get("If-Match") == "0":
        del case.headers["If-Match"]


def excused(failure: BaseException, response: Any, case: Any) -> bool:
    """Say whether what was found is what the API promises, and the schema has no words for it."""
    if isinstance(failure, RejectedPositiveData):
        errors = response.json().get("errors") if response.status_code == 400 else None
        return bool(errors) and all(_is_beyond(error, case) for error in errors)
    if isinstance(failure, AcceptedNegativeData) and response.status_code == 200:
        # Documented: a parameter without a value is none, as forms send it.
        name = getattr(case.meta.phase.data, "parameter", None)
        if name and case.query and case.query.get(name) == "":
            return True
        # Documented: a row that cannot be used is refused alone, and the others are taken.
        return "json" in response.headers["content-type"][0] and _is_refused_alone(response.json())
    return False


def _is_beyond(error: dict[str, str], case: Any) -> bool:
    if error["code"] == "invalid_choice":
        # A region or an amenity that is not there; where the schema lists what may be chosen, there is no excuse.
        return (
            '"enum"'
            not in str(case.operation.definition.raw).replace("'", '"').partition(error["field"])[2][:200]
        )
    return error["code"] in BEYOND_A_SCHEMA


def _is_refused_alone(body: Any) -> bool:
    rows = [row for value in body.values() if isinstance(value, list) for row in value]
    return any(isinstance(row, dict) and row.get("outcome") in REFUSED_ALONE for row in rows)


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_found_without_a_key(asked: Any, part: int, subtests: Any) -> None:
    asked(with_key=False).run(part, subtests)


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_found_with_a_key_that_may_do_everything(asked: Any, part: int, subtests: Any) -> None:
    asked(with_key=True).run(part, subtests)
