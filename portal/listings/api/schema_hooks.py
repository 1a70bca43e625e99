"""What is said once of every operation, and names for the choices; hooks that run over the finished schema."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

#: Names of choices that several answers share under a key that means something else elsewhere.
CHOICES: dict[tuple[str, ...], str] = {("published", "paused"): "ListingState"}
#: Headers of answers, described once.
HEADERS: dict[str, dict[str, Any]] = {
    "RateLimit-Policy": {
        "description": "With a key only: how many requests (`q`) in how many seconds (`w`).",
        "schema": {"type": "string"},
        "example": '"minute";q=3000;w=60',
    },
    "RateLimit": {
        "description": "With a key only: how many are left (`r`), and in how many seconds the count begins anew (`t`).",
        "schema": {"type": "string"},
        "example": '"minute";r=2987;t=41',
    },
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}},
}


def tell_of_limits(generator: Any, result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Describe what answers say of the key's limit, and a 429 of when to come back."""
    result.setdefault("components", {})["headers"] = HEADERS
    for operations in result.get("paths", {}).values():
        for operation in operations.values():
            for status, response in operation.get("responses", {}).items():
                names = HEADERS if status == "429" else ("RateLimit-Policy", "RateLimit")
                headers = response.setdefault("headers", {})
                headers |= {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return result


#: What stands in addresses under which name, where an operation gives no example of its own.
STANDS_IN_ADDRESSES = {
    "public_id": "8KZ4Q0M2TN",
    "source": "example-canteens",
    "external_id": "A-1",
    "id": "0b9a5fd8-3d9c-5b0c-9a63-5f2f2a5a9b11",
}


def complete_requests(generator: Any, result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Say that a body must be sent where one is described, and show what stands in addresses."""
    for operations in result.get("paths", {}).values():
        for operation in operations.values():
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
            for parameter in operation.get("parameters", []):
                known = STANDS_IN_ADDRESSES.get(parameter["name"])
                if parameter["in"] == "path" and known and not parameter.keys() & {"example", "examples"}:
                    parameter["example"] = known
    return result


def name_choices(generator: Any, result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Give choices in bodies a name, so that generated clients have one type for them and not one for each place.

    The key's name serves (`VerdictChoice`), behind that of its document where a key means several things
    (`ChangeDocumentState`). The library's own hook would warn there, and would part "" from the other choices.
    """
    schemas = result.get("components", {}).get("schemas", {})
    places: dict[tuple[str, tuple[str, ...]], list[tuple[str, dict[str, Any], str]]] = defaultdict(list)
    meanings: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for document in sorted(schemas):
        for holder, key, at in list(_choices(schemas[document])):
            values = tuple(holder[at]["enum"])
            places[key, values].append((document, holder, at))
            meanings[key].add(values)
    for (key, values), found in sorted(places.items()):
        camel = "".join(word.title() for word in key.split("_"))
        several = len(meanings[key]) > 1
        name = CHOICES.get(values) or (f"{found[0][0]}{camel}" if several else f"{camel}Choice")
        schemas.setdefault(name, {"type": "string", "enum": list(values)})
        for _document, holder, at in found:
            rest = {
                word: said
                for word, said in holder[at].items()
                if word not in ("type", "enum", "x-spec-enum-id")
            }
            link = {"$ref": f"#/components/schemas/{name}"}
            holder[at] = {"allOf": [link], **rest} if rest else link
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    _forget_marks(result)
    return result


def _choices(schema: Any) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Yield (what holds the choice, the key that it is the value of, where it is held) of a document's own keys."""
    for key, value in schema.get("properties", {}).items():
        holder, at = schema["properties"], key
        if value.get("type") == "array" and isinstance(value.get("items"), dict):
            holder, at = value, "items"
        found = holder[at]
        # Choices between null and others stay where they are: a reference could not say so.
        if found.get("type") == "string" and "enum" in found and None not in found["enum"]:
            yield holder, key, at


def _forget_marks(part: Any) -> None:
    """Take out the marks by which the library's own hook would have known choices again."""
    if isinstance(part, dict):
        part.pop("x-spec-enum-id", None)
        for value in part.values():
            _forget_marks(value)
    elif isinstance(part, list):
        for value in part:
            _forget_marks(value)
