"""Find every message that the code and the templates want translated, without gettext installed."""

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation.template import templatize

#: Function name → (positions of the msgid and its plural, position of the context).
_SHAPES = {
    "gettext": ((0,), None),
    "ngettext": ((0, 1), None),
    "pgettext": ((1,), 0),
    "npgettext": ((1, 2), 0),
}
_SHAPES |= {f"{name}_lazy": shape for name, shape in _SHAPES.items()}
_SHAPES["gettext_noop"] = _SHAPES["gettext"]
_TRANSLATION = "django.utils.translation"


@dataclass(frozen=True)
class Message:
    """One msgid as gettext looks it up; `places` are "file:line"."""

    msgid: str
    context: str | None = None
    plural: str | None = None


class Unreadable(ValueError):
    """A message that no extractor can read, such as an f-string; the text names file, line and remedy."""


def from_python(path: Path) -> Iterator[tuple[Message, str]]:
    """Yield each message of a Python file with its "file:line".

    Any name imported from django.utils.translation counts, under whatever alias. Raise Unreadable for an f-string.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    names, modules = _aliases(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Name) and function.id in names:
            shape = _SHAPES[names[function.id]]
        elif (
            isinstance(function, ast.Attribute)
            and isinstance(function.value, ast.Name)
            and function.value.id in modules
            and function.attr in _SHAPES
        ):
            shape = _SHAPES[function.attr]
        else:
            continue
        place = f"{path}:{node.lineno}"
        if any(isinstance(argument, ast.JoinedStr) for argument in node.args):
            raise Unreadable(f"{place}: an f-string cannot be translated; use %-placeholders.")
        message = _message([_text(argument) for argument in node.args], shape)
        if message is not None:
            yield message, place


def from_template(path: Path) -> Iterator[tuple[Message, str]]:
    """Yield each message of a template with its "file:line"; Django's own `templatize` reads the tags."""
    source = templatize(path.read_text(encoding="utf-8"), origin=str(path))
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(_calls_only(source)).readline))
    except (tokenize.TokenError, SyntaxError) as error:
        raise Unreadable(f"{path}: {error}") from error
    for position, token in enumerate(tokens):
        name = "gettext" if token.string == "_" else token.string
        if token.type != tokenize.NAME or name not in _SHAPES or tokens[position + 1].string != "(":
            continue
        texts: list[str | None] = []
        for following in tokens[position + 2 :]:
            if following.string == ")":
                break
            if following.type == tokenize.STRING:
                texts.append(ast.literal_eval(following.string))
        message = _message(texts, _SHAPES[name])
        if message is not None:
            yield message, f"{path}:{token.start[0]}"


def _calls_only(source: str) -> str:
    """Keep the gettext calls of templatized text, one line each at its own line number."""
    lines = []
    for line in source.split("\n"):
        kept = []
        for name in ("npgettext(", "ngettext(", "pgettext(", "gettext(", "_("):
            start = 0
            while (start := line.find(f" {name}", start)) >= 0:
                end = _call_end(line, start + 1 + len(name))
                kept.append(line[start + 1 : end])
                start = end
        lines.append("; ".join(kept))
    return "\n".join(lines) + "\n"


def _call_end(line: str, start: int) -> int:
    """Return the position after the bracket that closes the call whose arguments begin at `start`."""
    quote, position = "", start
    while position < len(line):
        character = line[position]
        if quote:
            if character == "\\":
                position += 1
            elif character == quote:
                quote = ""
        elif character in "'\"":
            quote = character
        elif character == ")":
            return position + 1
        position += 1
    return len(line)


def _aliases(tree: ast.Module) -> tuple[dict[str, str], set[str]]:
    """Return local name → translation function, and the local names of the translation module itself."""
    names: dict[str, str] = {}
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == _TRANSLATION:
            names |= {a.asname or a.name: a.name for a in node.names if a.name in _SHAPES}
        elif isinstance(node, ast.ImportFrom) and node.module == "django.utils":
            modules |= {a.asname or a.name for a in node.names if a.name == "translation"}
    return names, modules


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _message(texts: list[str | None], shape: tuple[tuple[int, ...], int | None]) -> Message | None:
    """Build the message of one call, or None when its arguments are not literal."""
    positions, context_position = shape
    if len(texts) <= max(*positions, context_position or 0):
        return None
    msgid = texts[positions[0]]
    if not msgid:
        return None
    return Message(
        msgid=msgid,
        context=texts[context_position] if context_position is not None else None,
        plural=texts[positions[1]] if len(positions) > 1 else None,
    )
