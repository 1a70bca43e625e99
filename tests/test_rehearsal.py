"""The rehearsal of deploy.md, as a test of the PostgreSQL half: it needs the same programs, and nginx."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
import yaml
from django.db import connection

from scripts.servers import in_ci
from tests.rehearsal.city import _nginx, ports
from tests.rehearsal.machines import Failed, wait

ROOT = Path(__file__).resolve().parent.parent
HAS_NGINX = bool(shutil.which("nginx")) or Path("/usr/sbin/nginx").exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the rehearsal belongs to the PostgreSQL half")
@pytest.mark.skipif(not HAS_NGINX and not in_ci(), reason="no nginx on this machine")
def test_a_city_on_one_machine_bears_what_breaks() -> None:
    left_out = {
        "DATABASE_URL",
        # A browser test in this process sets it; a deployment refuses it.
        "DJANGO_ALLOW_ASYNC_UNSAFE",
        "REDIS_URL",
        "REDIS_PREFIX",
        "TEST_DATABASE_NAME",
        "MEDIA_ROOT",
        "DJANGO_SETTINGS_MODULE",
    }
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    done = subprocess.run(
        [sys.executable, "-m", "tests.rehearsal"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    print(done.stdout)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-3000:]}"
    assert "Everything held." in done.stdout


def test_the_shipped_files_name_only_settings_that_exist() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    lines = (ROOT / "deploy" / "nuanxin.env.example").read_text(encoding="utf-8").splitlines()
    names = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
    assert len(names) > 20
    assert sorted(name for name in names if f"`{name}`" not in page) == []


def test_the_script_of_a_release_is_read_by_a_plain_shell() -> None:
    script = ROOT / "deploy" / "release"
    assert os.access(script, os.X_OK)
    subprocess.run(["sh", "-n", script], check=True)


def test_the_page_on_monitoring_explains_every_alert_with_its_severity() -> None:
    page = (ROOT / "docs" / "deploy" / "monitoring.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-Z][^|]*) \| `(night|morning)` \|", page, re.M)
    explained = {
        name: severity for names, severity in rows for name in re.findall(r"[A-Z][a-z]+[A-Za-z]+", names)
    }
    groups = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))[
        "groups"
    ]
    shipped = {rule["alert"]: rule["labels"]["severity"] for group in groups for rule in group["rules"]}
    assert len(shipped) > 6
    assert explained == shipped


def test_the_rehearsal_keeps_to_the_ports_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        first = taken.getsockname()[1]
        monkeypatch.setenv("PORTS", f"{first}-{first + 40}")
        found = ports(7)
        assert first not in found
        assert len(set(found)) == 7 and first < min(found) and max(found) <= first + 40
        monkeypatch.setenv("PORTS", f"{first}-{first}")
        with pytest.raises(Failed, match="7 free ports are needed, 0 are there"):
            ports(7)
    monkeypatch.setenv("PORTS", "many")
    with pytest.raises(Failed, match="two numbers"):
        ports(7)


@pytest.mark.skipif(not HAS_NGINX and not in_ci(), reason="no nginx on this machine")
def test_without_nodes_nginx_gives_pictures_but_no_answer_of_the_api_that_has_run_out(tmp_path: Path) -> None:
    asked: Counter[str] = Counter()

    class Node(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked[self.path] += 1
            self.send_response(200)
            self.send_header("Cache-Control", "public, max-age=2")
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"open")

        def log_message(self, *args: object) -> None: ...

    node = ThreadingHTTPServer(("127.0.0.1", 0), Node)
    Thread(target=node.serve_forever).start()
    plain, tls = ports(2)
    nginx = _nginx(tmp_path, (node.server_port, node.server_port), plain, tls).start()
    paths = ("/api/v1/canteens/", "/media/a.webp")
    try:
        with httpx.Client(base_url=f"https://localhost:{tls}", verify=False) as client:
            wait(lambda: answers(client), 10, "nginx answers")
            assert [client.get(path).text for path in paths * 2] == ["open"] * 4
            assert [asked[path] for path in paths] == [1, 1], "what has not run out is kept"
            node.shutdown()
            node.server_close()
            time.sleep(3)
            assert [client.get(path).status_code for path in paths] == [502, 200]
    finally:
        nginx.stop()
        node.shutdown()
        node.server_close()


def answers(client: httpx.Client) -> bool:
    """Say whether anybody listens there."""
    try:
        return client.get("/").status_code == 200
    except httpx.TransportError:
        return False
