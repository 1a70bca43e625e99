"""The house keeps its shape: what import-linter cannot see is held here, by the same list of layers."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models.signals import ModelSignal
from django.dispatch import Signal

ROOT = Path(__file__).resolve().parent.parent
APP_FOLDERS = ("portal", "services", "housing", "canteens")


def layers() -> list[list[str]]:
    """Return the layers of pyproject.toml, highest first."""
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    contract = tool["importlinter"]["contracts"][0]
    return [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]


def height(module: str) -> int | None:
    """Return how high a module stands (0 is the ground), or None when it is not ours."""
    order = layers()
    for position, names in enumerate(order):
        if any(module == name or module.startswith(f"{name}.") for name in names):
            return len(order) - 1 - position
    return None


def own_models() -> list:
    return [
        model for model in apps.get_models(include_auto_created=True) if height(model.__module__) is not None
    ]


def relations() -> list[tuple[str, str, str, str]]:
    """Return (label.field, module of the model, target label, module of the target) of every relation we declare."""
    found = []
    for model in own_models():
        for field in model._meta.get_fields(include_hidden=True):
            if field.is_relation and not field.auto_created and field.related_model:
                target = field.related_model
                found.append(
                    (
                        f"{model._meta.label}.{field.name}",
                        model.__module__,
                        target._meta.label,
                        target.__module__,
                    )
                )
        found += [
            (f"{model._meta.label} (parent)", model.__module__, parent._meta.label, parent.__module__)
            for parent in model._meta.parents
        ]
    return found


def test_the_walk_sees_the_relations_that_matter() -> None:
    seen = {(name, target) for name, _module, target, _target_module in relations()}
    assert ("listings.Listing.street", "regions.Street") in seen
    assert ("accounts.Post.organisation", "accounts.Organisation") in seen
    assert any(target == "listings.Listing" and name.startswith("canteens.") for name, target in seen)


def test_every_relation_points_downward_or_stays_in_its_app() -> None:
    wrong = [
        f"{name} → {target}"
        for name, module, target, target_module in relations()
        if (goal := height(target_module)) is not None
        and _app(module) != _app(target_module)
        and goal >= (height(module) or 0)
    ]
    assert wrong == []


def test_every_app_of_ours_has_a_layer() -> None:
    own = {config.name for config in apps.get_app_configs() if config.name.startswith(APP_FOLDERS)}
    listed = {name for layer in layers() for name in layer}
    assert {name for name in own if height(name) is None and name != "portal.sites"} == set()
    assert listed >= {"portal.regions", "portal.listings", "housing", "canteens", "services.codes"}


def test_no_app_of_ours_listens_to_signals_of_another() -> None:
    """Lifecycle signals of Django itself (post_migrate, request_finished, connection_created) may be used."""
    names = "|".join(["pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed", "Signal"])
    pattern = re.compile(rf"^\s*from django\.(?:db\.models\.signals|dispatch) import .*\b(?:{names})\b", re.M)
    listening = [
        str(path.relative_to(ROOT))
        for path in source_files(".py")
        if pattern.search(path.read_text(encoding="utf-8"))
    ]
    assert listening == []
    for name in ("pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed"):
        signal: ModelSignal | Signal = getattr(__import__("django.db.models.signals", fromlist=[name]), name)
        modules = {module_of(receiver[1]) for receiver in signal.receivers}
        assert {module for module in modules if module.startswith(APP_FOLDERS)} == set()


def module_of(reference: object) -> str:
    """Return the module of a signal's receiver, which may be kept by a weak reference."""
    function = reference() if callable(reference) and type(reference).__name__.endswith("ef") else reference
    return getattr(function, "__module__", "") or ""


def test_no_file_names_a_registry_or_a_machine() -> None:
    # Written in halves, so that this file does not find itself.
    hosts = [
        "registry." + "npmjs",
        "pypi." + "org",
        "python" + "hosted",
        "npmm" + "irror",
        "pypi." + "tuna",
        "mirr" + "ors.",
    ]
    paths = ["/ro" + "ot/", "/ho" + "me/", "/wo" + "rk/", "/tm" + "p/", "/Use" + "rs/"]
    pattern = re.compile(
        "|".join([*map(re.escape, hosts), *(rf"(?<![\w.}}>-]){re.escape(path)}" for path in paths)])
    )
    found = []
    for path in committed_files():
        try:
            text = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
        found += [
            f"{path.relative_to(ROOT)}:{number}: {match.group(0)}"
            for number, line in enumerate(text.splitlines(), 1)
            if (match := pattern.search(line))
        ]
    assert found == []


@pytest.mark.parametrize("name", ["run.txt", "dev.txt"])
def test_every_python_package_is_pinned_by_hash(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    packages = re.findall(r"^([a-z0-9][\w.-]*)(?:\[[^\]]*\])?==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    hashed = re.findall(r"^([a-z0-9][\w.-]*)(?:\[[^\]]*\])?==[^\n]*\\\n\s+--hash=sha256:", text, re.MULTILINE)
    assert packages
    assert packages == hashed
    assert "index-url" not in text


def test_development_has_the_same_versions_as_the_running_portal() -> None:
    pins = {
        name: set(
            re.findall(
                r"^[a-z0-9][\w.-]*(?:\[[^\]]*\])?==[^\s;\\]+",
                (ROOT / "requirements" / name).read_text(),
                re.MULTILINE,
            )
        )
        for name in ("run.txt", "dev.txt")
    }
    assert pins["run.txt"] - pins["dev.txt"] == set()


def test_browser_libraries_are_locked_without_addresses() -> None:
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert '"integrity"' in lock
    assert '"resolved"' not in lock
    assert "registry=" not in (ROOT / ".npmrc").read_text(encoding="utf-8")


def source_files(suffix: str) -> list[Path]:
    return [path for folder in APP_FOLDERS for path in sorted((ROOT / folder).rglob(f"*{suffix}"))]


def committed_files() -> list[Path]:
    """Return what git would commit; without git, everything that is not installed or made."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        return [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        made = {"node_modules", "var", "staticfiles", "media", "__pycache__"}
        return [
            path
            for path in ROOT.rglob("*")
            if path.is_file()
            and path.suffix not in {".pyc", ".mo"}
            and not any(part in made or part.startswith(".") for part in path.relative_to(ROOT).parts[:-1])
        ]


def _app(module: str) -> str:
    """Return the layer name that a module belongs to."""
    names = [name for layer in layers() for name in layer]
    return max(
        (name for name in names if module == name or module.startswith(f"{name}.")), key=len, default=module
    )
