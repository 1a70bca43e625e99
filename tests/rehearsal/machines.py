"""The machines of the rehearsal: processes that can be stopped, killed and started again."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from scripts.servers import postgresql_binaries, unprivileged

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


class Failed(Exception):
    """Something did not come up or did not hold."""


def wait(ready: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait until `ready()` and return how long it took; raise Failed after `seconds`."""
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        if ready():
            return time.monotonic() - started
        time.sleep(0.1)
    raise Failed(f"{what}: not within {seconds:.0f} s")


def filled(path: str, values: dict[str, str]) -> str:
    """Return a shipped file with values filled in; every value must have had a place there."""
    text = (DEPLOY / path).read_text(encoding="utf-8")
    for old, new in values.items():
        if old not in text:
            raise Failed(f"deploy/{path} no longer holds {old!r}")
        text = text.replace(old, new)
    return text


@dataclass
class Machine:
    """A process with what it was started with; its output goes to a file."""

    name: str
    arguments: list[Any]
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen | None = None

    @property
    def log(self) -> Path:
        """Return the file of its output."""
        return self.folder / f"{self.name}.log"

    def start(self) -> "Machine":
        """Start it, without waiting until it answers."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [str(part) for part in self.arguments],
                cwd=self.options.get("cwd", ROOT),
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **{key: value for key, value in self.options.items() if key != "cwd"},
            )
        return self

    def runs(self) -> bool:
        """Say whether its process lives."""
        return self.process is not None and self.process.poll() is None

    def stop(self, number: int = signal.SIGTERM, seconds: float = 20) -> None:
        """End it kindly, and outright should it not listen."""
        if self.process is None or not self.runs():
            return
        self.process.send_signal(number)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it and its children as a lost machine would: at once, without a word."""
        if self.process is not None and self.runs():
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Database(Machine):
    """A PostgreSQL with the shipped settings, made smaller for one machine."""

    SMALLER = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
shared_buffers = 64MB
effective_cache_size = 256MB
fsync = off
full_page_writes = on
"""

    def __init__(self, name: str, folder: Path, port: int) -> None:
        binaries, identity = postgresql_binaries(), unprivileged()
        if binaries is None:
            raise Failed("no PostgreSQL binaries on this machine")
        home = folder / name
        home.mkdir()
        if identity:
            os.chown(home, identity["user"], identity["group"])
        self.port, self.binaries, self.data = port, binaries, home / "data"
        options = {"cwd": home, **identity}
        environment = {"LC_ALL": "C.UTF-8", "HOME": str(home)}
        super().__init__(name, [binaries / "postgres", "-D", self.data], folder, environment, options)

    def run(self, program: str, *arguments: Any) -> None:
        """Run one of PostgreSQL's own programs as its user."""
        options = {**self.options, "env": {"PATH": os.environ["PATH"], **self.environment}}
        done = subprocess.run(
            [str(self.binaries / program), *map(str, arguments)], capture_output=True, text=True, **options
        )
        if done.returncode:
            raise Failed(f"{program}: {done.stderr or done.stdout}")

    def settings(self, *texts: str) -> None:
        """Write conf.d, as the page on databases says, and what is smaller here last."""
        conf = self.data / "conf.d"
        shutil.rmtree(conf, ignore_errors=True)
        conf.mkdir()
        for number, text in enumerate([*texts, self.SMALLER.format(port=self.port)]):
            (conf / f"{number}.conf").write_text(text, encoding="utf-8")
        main = self.data / "postgresql.conf"
        if "conf.d" not in (text := main.read_text(encoding="utf-8")).splitlines()[-1]:
            main.write_text(f"{text}\ninclude_dir = 'conf.d'\n", encoding="utf-8")

    def ask(self, statement: str, database: str = "postgres") -> Any:
        """Run a statement as the administrator; return the first value, None without rows."""
        url = f"postgresql://postgres@127.0.0.1:{self.port}/{database}"
        with psycopg.connect(url, autocommit=True, connect_timeout=2) as connection:
            found = connection.execute(statement)
            row = found.fetchone() if found.description else None
            return row[0] if row else None

    def answers(self) -> bool:
        """Say whether it takes connections."""
        try:
            return bool(self.ask("SELECT 1"))
        except psycopg.Error:
            return False

    def up(self) -> "Database":
        """Start it and wait until it answers."""
        self.start()
        wait(self.answers, 30, f"{self.name} answers")
        return self
