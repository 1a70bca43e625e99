"""Setting the city up from the shipped files."""

import contextlib
import datetime as dt
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from moto.server import ThreadedMotoServer

from scripts.servers import free_port, is_free, open_temporary_folder, redis_answers
from tests.rehearsal.machines import DEPLOY, ROOT, Database, Failed, Machine, filled, wait

BUCKETS = ("nuanxin-public", "nuanxin-private")


@dataclass
class City:
    """Everything that runs; `primary` and `replica` change places when the replica is promoted."""

    folder: Path
    primary: Database
    replica: Database
    redis: Machine
    nodes: list[Machine]
    ticks: list[Machine]
    nginx: Machine
    address: str
    environment: dict[str, str]
    #: What filling.py printed: a clerk's session, keys and numbers of canteens, a drawing.
    facts: dict[str, Any] = field(default_factory=dict)

    def run(self, *arguments: str, **changes: str) -> str:
        """Run Python with the settings of the nodes, and return what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment, **changes},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise Failed(f"{' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-3000:]}")
        return done.stdout

    def ready(self, node: Machine) -> bool:
        """Say whether a node calls itself ready."""
        with contextlib.suppress(httpx.HTTPError):
            answer = httpx.get(f"http://127.0.0.1:{node.options_port}/readyz", headers={"Host": "localhost"})  # type: ignore[attr-defined]
            return answer.status_code == 200
        return False


def ports(count: int) -> list[int]:
    """Return free ports, all different; with PORTS=first-last the first free ones of these."""
    if named := os.environ.get("PORTS"):
        return _free_among(named, count)
    found: set[int] = set()
    while len(found) < count:
        found.add(free_port())
    return sorted(found)


def _free_among(named: str, count: int) -> list[int]:
    first, _dash, last = named.partition("-")
    if not (first.isdecimal() and last.isdecimal()):
        raise Failed(f"PORTS is two numbers such as 8100-8110, not {named!r}")
    found = [port for port in range(int(first), int(last) + 1) if is_free(port)]
    if len(found) < count:
        raise Failed(f"PORTS={named}: {count} free ports are needed, {len(found)} are there")
    return found[:count]


@contextlib.contextmanager
def city() -> Iterator[City]:
    """Set everything up, yield it, and take all of it away again."""
    folder = Path(tempfile.mkdtemp(prefix="nuanxin-city-", dir=open_temporary_folder()))
    folder.chmod(0o755)
    machines: list[Machine] = []
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    try:
        moto.start()
        yield _set_up(folder, machines, moto)
    finally:
        for machine in reversed(machines):
            machine.kill() if isinstance(machine, Database) else machine.stop(seconds=5)
        moto.stop()
        if os.environ.get("KEEP"):
            print(f"logs are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _set_up(folder: Path, machines: list[Machine], moto: Any) -> City:
    first, second, redis_port, one, two, plain, tls = ports(7)
    primary, replica = _databases(folder, machines, first, second)
    redis = _redis(folder, machines, redis_port)
    environment = _environment(folder, (first, second), redis_port, (one, two), tls, _buckets(moto))
    nodes = [_node(folder, f"node-{port}", port, environment) for port in (one, two)]
    tick = [sys.executable, "manage.py", "tick", "--loop"]
    ticks = [Machine(f"tick-{number}", tick, folder, environment) for number in (1, 2)]
    nginx = _nginx(folder, (one, two), plain, tls)
    made = City(folder, primary, replica, redis, nodes, ticks, nginx, f"https://localhost:{tls}", environment)
    _release(made)
    for machine in (*nodes, *ticks, nginx):
        machines.append(machine.start())
    for node in nodes:
        wait(lambda node=node: made.ready(node), 40, f"{node.name} is ready")
    with httpx.Client(verify=False) as client:  # noqa: S501
        wait(lambda: client.get(f"{made.address}/healthz").status_code == 200, 10, "nginx answers")
    return made


def _databases(folder: Path, machines: list[Machine], first: int, second: int) -> tuple[Database, Database]:
    """Make a primary and a replica that follows it, synchronously."""
    primary, replica = Database("primary", folder, first), Database("replica", folder, second)
    primary.run(
        "initdb", "-D", primary.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"
    )
    both = (DEPLOY / "postgresql/both.conf").read_text(encoding="utf-8")
    primary.settings(both)
    machines.append(primary.up())
    primary.ask("CREATE ROLE nuanxin LOGIN")
    primary.ask("CREATE DATABASE nuanxin OWNER nuanxin")
    primary.ask("CREATE ROLE nuanxin_replication LOGIN REPLICATION")
    way = ("-h", "127.0.0.1", "-p", str(first), "-U", "nuanxin_replication")
    replica.run(
        "pg_basebackup", "-D", replica.data, *way, "-C", "-S", "nuanxin_replica", "-X", "stream", "-c", "fast"
    )
    follows = {"host=10.0.0.21 port=5432": f"host=127.0.0.1 port={first}"}
    replica.settings(both, filled("postgresql/replica.conf", follows))
    (replica.data / "standby.signal").touch()
    machines.append(replica.up())
    primary.settings(both, (DEPLOY / "postgresql/primary.conf").read_text(encoding="utf-8"))
    primary.ask("SELECT pg_reload_conf()")
    follows_now = "SELECT bool_or(sync_state = 'sync') FROM pg_stat_replication"
    wait(lambda: bool(primary.ask(follows_now)), 15, "the replica follows synchronously")
    return primary, replica


def _redis(folder: Path, machines: list[Machine], port: int) -> Machine:
    binary = shutil.which("redis-server") or shutil.which("valkey-server")
    if binary is None:
        raise Failed("no redis-server on this machine")
    conf = folder / "redis.conf"
    values = {"bind 10.0.0.31": "bind 127.0.0.1", "requirepass change-me": f"port {port}", "1gb": "64mb"}
    conf.write_text(filled("redis/nuanxin.conf", values), encoding="utf-8")
    redis = Machine("redis", [binary, conf], folder, options={"cwd": folder})
    machines.append(redis.start())
    wait(lambda: redis_answers(f"redis://127.0.0.1:{port}/0"), 10, "Redis answers")
    return redis


def _buckets(moto: Any) -> str:
    host, port = moto.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    login = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=endpoint, **login)
    for bucket in BUCKETS:
        client.create_bucket(Bucket=bucket)
    return endpoint


def _environment(
    folder: Path, databases: tuple[int, int], redis: int, nodes: tuple[int, int], tls: int, store: str
) -> dict[str, str]:
    """Return the shipped example with values filled in, as systemd would read it."""
    text = (DEPLOY / "nuanxin.env.example").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    shipped = dict(line.split("=", 1) for line in lines)
    hosts = ",".join(f"127.0.0.1:{port}" for port in databases)
    values = {
        "SECRET_KEY": "rehearsal-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
        "ALLOWED_HOSTS": "localhost",
        "CSRF_TRUSTED_ORIGINS": f"https://localhost:{tls}",
        "PUBLIC_BASE_URL": "https://localhost",
        "DATABASE_URL": f"postgres://nuanxin@{hosts}/nuanxin",
        "DATABASE_REPLICA_URL": f"postgres://nuanxin@{hosts}/nuanxin",
        "REDIS_URL": f"redis://127.0.0.1:{redis}/0",
        "MEDIA_S3_ENDPOINT": store,
        "MEDIA_S3_KEY": "key",
        "MEDIA_S3_SECRET": "secret",
        "STATIC_ROOT": str(folder / "static"),
        "CODE_KEYS_DIR": str(folder / "keys"),
        "METRICS_ALLOWED": "127.0.0.1",
        "GRANIAN_HOST": "127.0.0.1",
        "GRANIAN_WORKERS": "1",
        "GRANIAN_BLOCKING_THREADS": "4",
    }
    if unknown := values.keys() - shipped.keys():
        raise Failed(f"deploy/nuanxin.env.example does not name {', '.join(unknown)}")
    # Only here: no authenticator app at hand, everybody comes from one address, and waiting for a lag is short.
    here = {
        "MEDIA_S3_REGION": "us-east-1",
        "STAFF_SECOND_FACTOR": "0",
        "API_ANONYMOUS_PER_MINUTE": "0",
        "REPLICA_MAX_LAG_SECONDS": "2",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }
    return {**shipped, **values, **here}


def _node(folder: Path, name: str, port: int, environment: dict[str, str]) -> Machine:
    """Return a node that is started by the line of the shipped unit."""
    unit = (DEPLOY / "systemd/nuanxin@.service").read_text(encoding="utf-8")
    found = re.search(r"^ExecStart=/srv/nuanxin/current/\.venv/bin/(.+)$", unit, re.M)
    if found is None:
        raise Failed("the unit of a node has no ExecStart")
    program, *arguments = found[1].replace("%i", str(port)).split()
    own = {"DRAIN_FILE": str(folder / f"{name}.draining"), "GRANIAN_INTERFACE": "wsgi"}
    node = Machine(name, [Path(sys.executable).parent / program, *arguments], folder, {**environment, **own})
    node.options_port = port  # type: ignore[attr-defined]
    return node


def _nginx(folder: Path, nodes: tuple[int, int], plain: int, tls: int) -> Machine:
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(binary).exists():
        raise Failed("no nginx on this machine")
    _certificate(folder)
    values = {
        "10.0.0.11:8001": f"127.0.0.1:{nodes[0]}",
        "10.0.0.12:8001": f"127.0.0.1:{nodes[1]}",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "    listen [::]:80;\n": "",
        "listen 443 ssl": f"listen 127.0.0.1:{tls} ssl",
        "    listen [::]:443 ssl http2;\n": "",
        "portal.example": "localhost",
        "/etc/letsencrypt/live/localhost": str(folder),
        "/var/cache/nginx/nuanxin": str(folder / "cache"),
        "/var/log/nginx/nuanxin.log": str(folder / "access.log"),
        "/srv/nuanxin/static/": f"{folder / 'static'}/",
        "/srv/nuanxin/away": str(DEPLOY / "away"),
    }
    (folder / "site.conf").write_text(filled("nginx/nuanxin.conf", values), encoding="utf-8")
    temporary = "".join(
        f"  {name}_temp_path {folder / name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = folder / "nginx.conf"
    user = "user root;\n" if os.geteuid() == 0 else ""
    main.write_text(
        f"{user}daemon off;\npid {folder / 'nginx.pid'};\nerror_log {folder / 'nginx.log'} notice;\nworker_processes 1;\n"
        f"events {{ worker_connections 512; }}\nhttp {{\n  include /etc/nginx/mime.types;\n{temporary}"
        f"  include {folder / 'site.conf'};\n}}\n",
        encoding="utf-8",
    )
    tried = subprocess.run([binary, "-t", "-c", str(main)], capture_output=True, text=True)
    if tried.returncode:
        raise Failed(f"nginx -t: {tried.stderr}")
    return Machine("nginx", [binary, "-c", main], folder, options={"cwd": folder})


def _certificate(folder: Path) -> None:
    """Write a certificate for localhost that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "privkey.pem").write_bytes(private)


def _release(city: City) -> None:
    """Do what deploy/release does, and load a small city."""
    city.run("manage.py", "rotate_code_keys", "--missing")
    city.run("manage.py", "check", "--deploy", "--fail-level", "ERROR", STAFF_SECOND_FACTOR="1")
    city.facts = json.loads(city.run("-m", "tests.rehearsal.filling"))


def as_if_by_systemd(city: City, node: Machine, seconds: float = 1.5) -> None:
    """Stop a node as its unit does: say so, wait, then SIGTERM."""
    flag = Path(node.environment["DRAIN_FILE"])
    flag.touch()
    wait(lambda: not city.ready(node), 5, f"{node.name} says that it goes")
    time.sleep(seconds)
    node.stop(signal.SIGTERM)
    flag.unlink()
