"""Clients generated from the schema compile, and get from a running portal what it has."""

import compileall
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts import clients, servers
from tests.whole_api import SOURCE, one_of_each, whole_key

ROOT = Path(__file__).resolve().parent.parent
TSC = ROOT / "node_modules" / ".bin" / "tsc"
USE = """
import type { paths } from "./nuanxin";

type Page = paths["/api/v1/canteens/"]["get"]["responses"]["200"]["content"]["application/json"];
type Feed = paths["/api/v1/changes/"]["get"]["responses"]["200"]["content"]["application/json"];

declare const process: { argv: string[] };
const base = process.argv[2];

async function read<T>(address: string): Promise<T> {
  const answer = await fetch(base + address);
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

const page = await read<Page>("/api/v1/canteens/?page_size=5");
const feed = await read<Feed>("/api/v1/changes/");
const first = page.results[0];
const named: string = first.name;
const held: "" | "paused" | "shut" = first.held;
console.log(JSON.stringify({ count: page.count, named, held, changes: feed.items.length }));
"""


def tools() -> None:
    """Skip where the browser libraries for development are not installed, which CI does not forgive."""
    missing = [name for name in ("openapi-typescript", "tsc") if not (TSC.parent / name).exists()]
    if missing or not shutil.which("node"):
        text = f"Not installed here: {', '.join(missing) or 'node'} (make clients installs them)."
        if servers.in_ci():
            pytest.fail(text)
        pytest.skip(text)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate both clients; return their folder."""
    tools()
    folder = tmp_path_factory.mktemp("clients") / "made"
    assert clients.main(folder) == 0
    return folder


@pytest.fixture
def generated(target: Path) -> Iterator[Any]:
    """Return a function that imports a module of the Python client."""
    sys.path.insert(0, str(target / "python"))
    yield lambda name: importlib.import_module(f"{clients.PACKAGE}.{name}")
    sys.path.remove(str(target / "python"))
    for name in [name for name in sys.modules if name.partition(".")[0] == clients.PACKAGE]:
        del sys.modules[name]


def test_every_module_of_the_python_client_compiles_and_can_be_imported(target: Path, generated: Any) -> None:
    package = target / "python" / clients.PACKAGE
    assert compileall.compile_dir(package, quiet=1, force=True)
    modules = [path.relative_to(package).with_suffix("").as_posix() for path in package.rglob("*.py")]
    assert len(modules) > 50
    for name in modules:
        if not name.endswith("__init__"):
            generated(name.replace("/", "."))


@pytest.mark.django_db(transaction=True)
def test_the_python_client_lists_reads_follows_and_writes(
    live_server: Any, regions: Any, generated: Any
) -> None:
    places = one_of_each()
    key = whole_key(places[1])
    anybody = generated("client").Client(base_url=live_server.url, raise_on_unexpected_status=True)
    page = generated("api.canteens.canteens_list").sync(client=anybody, page_size=5)
    assert [row.name for row in page.results] == [places[0].name]
    one = generated("api.canteens.canteens_detail").sync(page.results[0].id, client=anybody)
    assert (one.id, one.name, one.hours.known) == (places[0].public_id, places[0].name, True)
    feed = generated("api.changes.changes_list").sync(client=anybody)
    assert {item.id for item in feed.items} == {place.public_id for place in places}
    refused = generated("api.canteens.canteens_list").sync(client=anybody, near="0,0", radius=0)
    assert refused.code == "invalid_query"

    partner = generated("client").AuthenticatedClient(base_url=live_server.url, token=key)
    body = generated("models.source_canteen").SourceCanteen.from_dict(
        {"name": "邻里食堂", "street": "330105010", "address": "康桥路 1 号"}
    )
    write = generated("api.sources.source_canteen_write").sync_detailed
    first = write(SOURCE, "A-1", client=partner, body=body)
    again = write(SOURCE, "A-1", client=partner, body=body)
    assert (first.status_code, first.parsed.outcome) == (201, "created")
    assert (again.status_code, again.parsed.outcome) == (200, "unchanged")
    told = generated("api.sources.source_rows_list").sync(SOURCE, client=partner)
    assert [row.external_id for row in told.results] == ["A-1"]


@pytest.fixture(scope="module")
def program(target: Path) -> Path:
    """Compile a small program that uses the types strictly; return its JavaScript."""
    folder = target / "typescript"
    (folder / "use.mts").write_text(USE.replace("./nuanxin", "./nuanxin.d.ts"), encoding="utf-8")
    options = ["--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom"]
    done = subprocess.run([TSC, *options, folder / "use.mts"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return folder / "use.mjs"


def test_a_typo_against_the_types_does_not_compile(program: Path) -> None:
    wrong = program.with_name("wrong.mts")
    wrong.write_text(program.with_name("use.mts").read_text("utf-8").replace("first.name;", "first.nmae;"))
    options = ["--strict", "--noEmit", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom"]
    done = subprocess.run([TSC, *options, wrong], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "nmae" in done.stdout


@pytest.mark.django_db(transaction=True)
def test_a_typescript_program_reads_the_portal_by_the_types(
    live_server: Any, regions: Any, program: Path
) -> None:
    places = one_of_each()
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    done = subprocess.run(
        ["node", program, live_server.url], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for said in ('"count":1', f'"named":"{places[0].name}"', '"held":""', f'"changes":{len(places)}'):
        assert said in done.stdout
