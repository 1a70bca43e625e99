"""Compile the Chinese catalogue from its parts, and say what it lacks.

`python -m scripts.catalog` merges `portal/locale/zh_Hans/parts/*.po` into `LC_MESSAGES/django.mo` (not committed).
`python -m scripts.catalog --check` also lists every message of ours, and of each library that brings no Chinese of its
own, that has no translation, and every translation whose placeholders differ from the message's.
"""

import argparse
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "portal" / "locale" / "zh_Hans"
OURS = ("portal", "services", "housing", "canteens", "templates")
#: Libraries whose own Chinese is missing or under a language code that Django does not look up.
LIBRARIES = ("unfold", "django_filters")
#: Folders of LIBRARIES that the portal does not install.
NOT_INSTALLED = {"constance", "guardian", "import_export", "simple_history"}
#: The part that translates LIBRARIES gives way where one of ours words the same message differently.
LIBRARY_PART = "libraries.po"
_PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|%[sdr]|\{(\w*)\}")

Key = tuple[str | None, str]


def merge() -> tuple[polib.POFile, list[str]]:
    """Return all parts as one catalogue, and a line per message that two parts word differently (the first counts)."""
    merged = polib.POFile()
    merged.metadata = {
        "Language": "zh_Hans",
        "Content-Type": "text/plain; charset=UTF-8",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    seen: dict[Key, tuple[polib.POEntry, Path]] = {}
    clashes = []
    paths = sorted((LOCALE / "parts").glob("*.po"), key=lambda path: (path.name == LIBRARY_PART, path.name))
    for path in paths:
        for entry in polib.pofile(str(path), encoding="utf-8"):
            if entry.obsolete or entry.fuzzy or not (entry.msgstr or entry.msgstr_plural):
                continue
            key = (entry.msgctxt, entry.msgid)
            if key not in seen:
                seen[key] = (entry, path)
                merged.append(entry)
                continue
            first, where = seen[key]
            same = (first.msgstr, first.msgstr_plural) == (entry.msgstr, entry.msgstr_plural)
            if not same and path.name != LIBRARY_PART:
                clashes.append(f"{where.name} and {path.name} differ on {entry.msgid!r}")
    return merged, clashes


def compile_catalog() -> Path:
    """Write django.mo and return its path; readers never see half a file. Contradictions are left to `faults`."""
    target = LOCALE / "LC_MESSAGES" / "django.mo"
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(f".{os.getpid()}.tmp")
    merge()[0].save_as_mofile(str(partial))
    os.replace(partial, target)
    return target


def wanted(roots: Iterable[Path]) -> tuple[dict[Key, list[str]], list[str]]:
    """Return every message under `roots` with its places, and a line for each file that cannot be read."""
    from django.conf import settings

    from scripts import messages

    if not settings.configured:
        settings.configure()
    found: dict[Key, list[str]] = {}
    faults = []
    for root in roots:
        for path in sorted(root.rglob("*")):
            if NOT_INSTALLED & set(path.relative_to(root).parts):
                continue
            if path.suffix == ".py" and "tests" not in path.parts and "migrations" not in path.parts:
                read = messages.from_python
            elif path.suffix in {".html", ".txt", ".svg"} and "templates" in path.parts:
                read = messages.from_template
            else:
                continue
            try:
                for message, place in read(path):
                    found.setdefault((message.context, message.msgid), []).append(place)
            except (messages.Unreadable, SyntaxError) as error:
                faults.append(str(error))
    return found, faults


def library_roots() -> list[Path]:
    """Return the folders of LIBRARIES as installed."""
    import importlib.util

    specs = [importlib.util.find_spec(name) for name in LIBRARIES]
    return [Path(spec.origin).parent for spec in specs if spec and spec.origin]


def covered_elsewhere() -> set[Key]:
    """Return what Django's own Chinese covers: its catalogues serve every app that asks for the same words."""
    import django

    base = Path(django.__file__).parent
    paths = [base / "conf", base / "contrib/admin", base / "contrib/auth"]
    files = [path / "locale/zh_Hans/LC_MESSAGES/django.mo" for path in paths]
    return {
        (entry.msgctxt, entry.msgid)
        for file in files
        for entry in polib.mofile(str(file))
        if entry.msgstr or entry.msgstr_plural
    }


def faults() -> list[str]:
    """Return one line per thing that is wrong with the catalogue; an empty list is a complete one."""
    merged, clashes = merge()
    catalog = {(entry.msgctxt, entry.msgid): entry for entry in merged}
    ours, lines = wanted(ROOT / name for name in OURS)
    lines += clashes
    theirs, _unreadable = wanted(library_roots())
    known = set(catalog)
    outside = covered_elsewhere()
    for key, places in {**theirs, **ours}.items():
        if key not in known and (key in ours or key not in outside):
            lines.append(f"{_relative(places[0])}: no Chinese for {key[1]!r}")
    for (_context, msgid), entry in catalog.items():
        for text in [entry.msgstr, *entry.msgstr_plural.values()]:
            if text and not _placeholders(text) <= _placeholders(f"{msgid} {entry.msgid_plural}"):
                lines.append(f"placeholders of {msgid!r} differ in {text!r}")
    return sorted(lines)


def _placeholders(text: str) -> set[str]:
    return {match.group(0) for match in _PLACEHOLDER.finditer(text.replace("%%", ""))}


def _relative(place: str) -> str:
    return place.removeprefix(f"{ROOT}{os.sep}")


def main() -> int:
    """Compile, or check and compile; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="also fail when anything is untranslated")
    arguments = parser.parse_args()
    problems = faults() if arguments.check else []
    for line in problems:
        print(line)
    compile_catalog()
    if arguments.check:
        print(f"Chinese catalogue: {len(problems)} to do." if problems else "Chinese catalogue: complete.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
