"""The schema is whole: whoever generates a client from it finds names, words, ways in and an example of everything."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator, FormatChecker

METHODS = {"get", "put", "post", "patch", "delete"}


@pytest.fixture(scope="module")
def schema() -> Any:
    """Return the schema as it is served."""
    answer = Client().get("/api/v1/schema/", {"format": "json"})
    assert answer.status_code == 200
    return answer.json()


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (method and address, operation), those of webhooks too."""
    for address, found in [*schema["paths"].items(), *schema.get("webhooks", {}).items()]:
        for method, operation in found.items():
            if method in METHODS:
                yield f"{method.upper()} {address}", operation


def forms(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (where, form) of each body that an operation takes or gives."""
    for kind, form in operation.get("requestBody", {}).get("content", {}).items():
        yield f"request {kind}", form
    for status, answer in operation["responses"].items():
        for kind, form in answer.get("content", {}).items():
            yield f"{status} {kind}", form


def examples(described: dict[str, Any]) -> list[Any]:
    """Return the values of a form's or parameter's examples."""
    own = [described["example"]] if "example" in described else []
    return own + [found["value"] for found in described.get("examples", {}).values()]


def judge(form: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    """Raise unless a value fits its form."""
    Draft202012Validator(
        {**form["schema"], "components": schema["components"]}, format_checker=FormatChecker()
    ).validate(value)


def test_every_body_has_an_example_that_fits_it(schema: Any) -> None:
    lacking, wrong = [], []
    for name, operation in operations(schema):
        for where, form in forms(operation):
            # JSON cannot show the bytes of a file.
            if not examples(form) and form["schema"].get("format") != "binary":
                lacking.append(f"{name} {where}")
            for value in examples(form):
                try:
                    judge(form, schema, value)
                except Exception as error:
                    wrong.append(f"{name} {where}: {str(error)[:300]}")
    assert lacking == []
    assert wrong == []


def test_what_must_be_sent_in_an_address_has_an_example_that_fits(schema: Any) -> None:
    lacking = []
    for name, operation in operations(schema):
        for parameter in operation.get("parameters", []):
            if parameter.get("required") and not examples(parameter):
                lacking.append(f"{name} {parameter['name']}")
            for value in examples(parameter):
                judge(parameter, schema, value)
    assert lacking == []


def test_every_operation_has_a_name_a_tag_words_in_two_languages_and_a_way_in(schema: Any) -> None:
    known = set(schema["components"]["securitySchemes"])
    names = [operation["operationId"] for _name, operation in operations(schema)]
    assert len(names) == len(set(names))
    for name, operation in operations(schema):
        assert re.fullmatch("[a-z][a-z0-9_]*", operation["operationId"]), name
        assert operation["tags"], name
        zh, _dot, en = operation["summary"].partition(" · ")
        assert re.search("[\u4e00-\u9fff]", zh), name
        assert en and en.isascii(), (name, en)
        for way in operation["security"]:
            assert set(way) <= known, name


def test_every_operation_names_the_errors_that_any_of_them_may_answer(schema: Any) -> None:
    for address, found in schema["paths"].items():
        for method, operation in found.items():
            answers = operation["responses"]
            assert {"400", "401", "429"} <= set(answers), (method, address)
            assert "Retry-After" in answers["429"]["headers"], (method, address)
            for status, answer in answers.items():
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"], (method, address, status)


def test_choices_have_one_name_each_and_no_mark_of_the_generator(schema: Any) -> None:
    assert "x-spec-enum-id" not in str(schema)
    named = [tuple(form["enum"]) for form in schema["components"]["schemas"].values() if "enum" in form]
    assert len(named) > 5
    for title, form in schema["components"]["schemas"].items():
        for key, value in form.get("properties", {}).items():
            assert "enum" not in value or None in value["enum"], (title, key)


def test_what_is_described_is_used(schema: Any) -> None:
    told = str(schema)
    unused = [
        name for name in schema["components"]["schemas"] if f"'#/components/schemas/{name}'" not in told
    ]
    assert unused == []
