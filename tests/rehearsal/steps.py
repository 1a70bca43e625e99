"""What breaks, one thing after the other, and what must hold."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg

from tests.admin_form import fields_of
from tests.rehearsal.city import City, as_if_by_systemd
from tests.rehearsal.crowd import Crowd, Tally
from tests.rehearsal.machines import Failed, Machine, wait


@dataclass
class Result:
    """One row of the table."""

    name: str
    tally: Tally
    seconds: float
    note: str
    faults: list[str] = field(default_factory=list)


class Rehearsal:
    """Run the steps and keep their results."""

    def __init__(self, city: City, crowd: Crowd, told: Callable[[Result], None]) -> None:
        self.city, self.crowd, self.told = city, crowd, told
        self.results: list[Result] = []

    def run(self) -> list[Result]:
        """Run every step, each even when one before it failed."""
        steps = [
            ("calm", self.calm),
            ("node stopped (SIGTERM)", self.node_stopped),
            ("node killed (SIGKILL)", self.node_killed),
            ("both restarted in turn", self.rolling),
            ("replica paused", self.replica_paused),
            ("Redis gone and back", self.redis_gone),
            ("replica gone", self.replica_gone),
            ("primary killed, replica promoted", self.primary_lost),
            ("nothing lost, nothing doubled", self.accounts),
        ]
        for name, step in steps:
            self.crowd.take()
            started, faults, note = time.monotonic(), [], ""
            try:
                note = step()
            except (Failed, httpx.HTTPError, psycopg.Error) as error:
                faults.append(str(error) or type(error).__name__)
            tally = self.crowd.take()
            faults += [f"{count}× {fault}" for fault, count in tally.faults.most_common(5)]
            result = Result(name, tally, time.monotonic() - started, note, faults)
            self.results.append(result)
            self.told(result)
        return self.results

    def writes_again(self, seconds: float, what: str) -> float:
        """Wait for the next write that is acknowledged, and return after how long it was."""
        since = time.monotonic()
        return wait(lambda: self.crowd.last_write > since, seconds, what)

    def up(self, node: Machine) -> None:
        """Start a node and wait until nginx asks it again."""
        node.start()
        wait(lambda: self.city.ready(node), 40, f"{node.name} is ready again")
        time.sleep(1.5)  # as deploy/release: nginx leaves a node out for a second after it was away

    def calm(self) -> str:
        """Break nothing: pages come from the replica, and somebody can write."""
        time.sleep(3)
        self.writes_again(10, "somebody can write")
        reads = self.reads()
        if reads.get(("replica", "near"), 0) <= reads.get(("primary", "wrote"), 0):
            raise Failed(f"pages were not read from the replica: {reads}")
        return "pages are read from the replica"

    def reads(self) -> dict[tuple[str, str], float]:
        """Return the counters of reading requests of both nodes together."""
        found: dict[tuple[str, str], float] = {}
        for node in self.city.nodes:
            port: int = node.options_port  # type: ignore[attr-defined]
            text = httpx.get(f"http://127.0.0.1:{port}/metrics", headers={"Host": "localhost"}).text
            for line in text.splitlines():
                if line.startswith("nuanxin_reads_total{"):
                    labels = dict(
                        part.split("=") for part in line[line.index("{") + 1 : line.index("}")].split(",")
                    )
                    key = (labels["database"].strip('"'), labels["reason"].strip('"'))
                    found[key] = found.get(key, 0) + float(line.rsplit(" ", 1)[1])
        return found

    def node_stopped(self) -> str:
        """Stop a node as its unit does, and start it again."""
        node = self.city.nodes[0]
        as_if_by_systemd(self.city, node)
        time.sleep(1)
        self.writes_again(10, "the other node takes writes")
        self.up(node)
        return "it says at /readyz that it goes, and finishes what it began"

    def node_killed(self) -> str:
        """Lose a node without a word."""
        node = self.city.nodes[1]
        node.kill()
        time.sleep(1)
        self.writes_again(10, "the other node takes writes")
        self.up(node)
        return "reads go to the other node"

    def rolling(self) -> str:
        """Restart both nodes in turn, as a release does."""
        for node in self.city.nodes:
            as_if_by_systemd(self.city, node, 1.0)
            self.up(node)
        return "a release without downtime"

    def replica_paused(self) -> str:
        """Stop replay: a clerk sees what he changed at once, others as soon as the lag is over the limit."""
        self.city.replica.ask("SELECT pg_wal_replay_pause()")
        try:
            url, name = self.rename()
            with self.crowd.client() as other:
                waited = wait(lambda: name in other.get(url).text, 10, "others see it too, from the primary")
        finally:
            self.city.replica.ask("SELECT pg_wal_replay_resume()")
        return f"who wrote saw it at once, others after {waited:.1f} s"

    def rename(self) -> tuple[str, str]:
        """Rename a published canteen in the administration and look at its page at once."""
        name = f"改名食堂 {time.time():.0f}"
        number, key = self.city.facts["numbers"][0], self.city.facts["keys"][0]
        edit, url = f"/admin/canteens/canteen/{key}/change/", f"/canteens/{number}/"
        cookies, headers = {"sessionid": self.crowd.session}, {"Referer": self.crowd.address}
        with self.crowd.client(cookies=cookies, headers=headers) as clerk:
            form = fields_of(clerk.get(edit).text)
            answer = clerk.post(edit, data={**form, "name": name})
            if answer.status_code != 302:
                raise Failed(f"renaming: {answer.status_code}")
            if name not in clerk.get(url).text:
                raise Failed("a clerk does not see what he wrote")
        return url, name

    def redis_gone(self) -> str:
        """Lose Redis, and start it again."""
        self.city.redis.kill()
        time.sleep(2)
        self.writes_again(10, "writes go on without Redis")
        self.city.redis.start()
        time.sleep(2)
        return "each process remembers for itself"

    def replica_gone(self) -> str:
        """Lose the replica: reads go to the primary; writes wait until it is taken out, as the page on failures says."""
        self.city.replica.kill()
        time.sleep(1)
        self.city.primary.ask("ALTER SYSTEM SET synchronous_standby_names = ''")
        self.city.primary.ask("SELECT pg_reload_conf()")
        waited = self.writes_again(15, "writes go on once the replica is taken out")
        self.city.replica.up()
        self.city.primary.ask("ALTER SYSTEM RESET synchronous_standby_names")
        self.city.primary.ask("SELECT pg_reload_conf()")
        follows = "SELECT bool_or(sync_state = 'sync') FROM pg_stat_replication"
        wait(lambda: bool(self.city.primary.ask(follows)), 20, "it follows again")
        self.writes_again(10, "writes go on")
        return f"taken out, writes came back after {waited:.1f} s"

    def primary_lost(self) -> str:
        """Lose the primary: pages go on from the replica; promoted, it takes writes under the same settings."""
        self.city.primary.kill()
        lost = time.monotonic()
        time.sleep(2)
        self.city.replica.run("pg_ctl", "promote", "-D", self.city.replica.data)
        self.writes_again(20, "writes come back")
        waited = time.monotonic() - lost
        self.city.primary, self.city.replica = self.city.replica, self.city.primary
        time.sleep(1)
        return f"writes came back {waited:.1f} s after the loss, 2 s of it until the promotion"

    def accounts(self) -> str:
        """Count what is in the database against what was acknowledged."""
        self.crowd.over.set()
        for thread in self.crowd.threads:
            thread.join(20)
        names = "SELECT json_object_agg(name, count) FROM (SELECT name, count(*) FROM listings_listing WHERE name LIKE '演练食堂%' GROUP BY name) AS rows"
        found: dict[str, Any] = self.city.primary.ask(names, "nuanxin") or {}
        lost = [name for name in self.crowd.acknowledged if name not in found]
        doubled = [name for name, count in found.items() if count > 1]
        if lost or doubled or not self.crowd.acknowledged:
            raise Failed(f"lost: {lost}; doubled: {doubled}; acknowledged: {len(self.crowd.acknowledged)}")
        return f"{len(self.crowd.acknowledged)} acknowledged, each there once"
