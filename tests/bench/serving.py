"""Servers on loopback for the time of a measurement, what they cost, and clients that ask them."""

import multiprocessing
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scripts.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
LENGTH = re.compile(rb"content-length: *(\d+)", re.I)


class Failed(RuntimeError):
    """A server did not start or did not answer 200."""


@contextmanager
def granian(interface: str, target: str) -> Iterator[tuple[int, int]]:
    """Serve an application with one worker and yield (process, port)."""
    port = free_port()
    binary = Path(sys.executable).parent / "granian"
    command = [
        binary,
        "--interface",
        interface,
        "--port",
        str(port),
        "--workers",
        "1",
        "--log-level",
        "warning",
    ]
    command += ["--blocking-threads", "4"] if interface == "wsgi" else []
    with _started([*command, target], port) as process:
        yield process, port


@contextmanager
def nginx(folder: Path, body: bytes, upstream: int) -> Iterator[tuple[int, int, int]]:
    """Serve a file, and what `upstream` answers kept for a second; yield (process, port of the file, port of the rest).

    Raises Failed where nginx is not installed.
    """
    binary = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if binary is None:
        raise Failed("nginx is not installed")
    home = folder / "nginx"
    (home / "files").mkdir(parents=True, exist_ok=True)
    (home / "files" / "list.json").write_bytes(body)
    still, kept = free_port(), free_port()
    user = f"user {pwd.getpwuid(0).pw_name};" if os.geteuid() == 0 else ""
    kinds = " ".join(
        f"{name}_temp_path {home}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (home / "nginx.conf").write_text(
        f"""{user} daemon off; worker_processes 1; pid {home}/pid; error_log {home}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; {kinds} sendfile on; tcp_nopush off; keepalive_requests 10000000; default_type application/json;
  proxy_cache_path {home}/cache keys_zone=micro:1m;
  server {{ listen 127.0.0.1:{still}; root {home}/files; }}
  server {{
    listen 127.0.0.1:{kept};
    location / {{
      proxy_pass http://127.0.0.1:{upstream}; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_set_header Host $host;
      proxy_cache micro; proxy_cache_valid 200 1s; proxy_ignore_headers Cache-Control Expires;
      proxy_cache_lock on; proxy_cache_use_stale updating;
    }}
  }}
}}
""",
        encoding="utf-8",
    )
    with _started(
        [binary, "-p", home, "-e", home / "error.log", "-c", home / "nginx.conf"], still
    ) as process:
        yield process, still, kept


@contextmanager
def _started(command: list[Any], port: int) -> Iterator[int]:
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"{Path(str(command[0])).name} did not start")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def processor_seconds(process: int) -> float:
    """Return the processor time that a process and its children have taken, in seconds (Linux: /proc)."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        parents.setdefault(parent, []).append(int(path.parent.name))
    taken, waiting = 0.0, [process]
    while waiting:
        one = waiting.pop()
        waiting += parents.get(one, [])
        taken += own_seconds(one)
    return taken


def own_seconds(process: int) -> float:
    """Return the processor time that the threads of a process have taken, in seconds."""
    tasks = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(path.read_text().split()[0]) for path in tasks) / 1e9


def hammer(port: int, path: str, seconds: float, clients: int = 2) -> tuple[int, float]:
    """Ask again and again over connections that are kept, in processes of their own; return (answers, seconds)."""
    started = time.monotonic()
    with multiprocessing.get_context("fork").Pool(clients) as pool:
        counts = pool.starmap(_ask, [(port, path, started + seconds)] * clients)
    return sum(counts), time.monotonic() - started


def _ask(port: int, path: str, until: float) -> int:
    """Ask until a moment of the monotonic clock; return how often the answer was 200. Raises Failed at any other."""
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n".encode()
    buffer = memoryview(bytearray(1 << 20))
    count = 0
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        while time.monotonic() < until:
            connection.sendall(request)
            got, wanted = 0, 0
            while not wanted or got < wanted:
                received = connection.recv_into(buffer[got:])
                if not received:
                    raise Failed(f"port {port} closed the connection")
                got += received
                if not wanted:
                    wanted = _whole(bytes(buffer[: min(got, 4096)]))
            count += 1
    return count


def _whole(beginning: bytes) -> int:
    """Return how long an answer is as a whole; 0 while its headers are not complete."""
    head, end, _body = beginning.partition(b"\r\n\r\n")
    if not end:
        return 0
    length = LENGTH.search(head)
    if not head.startswith(b"HTTP/1.1 200") or length is None:
        raise Failed(f"answered {head[:60]!r}")
    return len(head) + 4 + int(length[1])
