# SPDX-License-Identifier: Apache-2.0
"""``python -m bench.engine``: what a tick costs us, in CPU time, database queries and calls, by the size of the cloud.

The cloud is thin and its time is made up; the database is SQLite in a file. CPU time is the process's, without what the
thin cloud's own answers took, and is told in real seconds, so a slow machine fails sooner.
"""

import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Engine as SqlEngine
from sqlalchemy import event

from bench.thin_cloud import PER_HOST, ThinCloud
from blazar_spot.cmd.engine import at_work
from blazar_spot.core.planning import planned
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim, Standing
from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from blazar_spot.db.store import SqlStore
from blazar_spot.enforcement import loop
from blazar_spot.enforcement.assembly import assemble
from blazar_spot.testing.clock import FakeClock

SMALL, LARGE = 100, 10_000
RECLAIMS = 50
VICTIMS = 1_000
POLICY = Policy(spots_per_host=PER_HOST)
LIST_SECONDS = 600
TICK_SECONDS = 5
TICK_LIMIT_MS, IDLE_LIMIT_PERCENT, GONE_LIMIT_SECONDS, MEMORY_LIMIT_MB = 250.0, 1.0, 180, 300
NEW = ("first", "new process")
"""The ticks that read the whole list, once in a process: the first of all, which writes it down, and a later one."""
FREEING = ("waiting", "giving notices", "notices run", "deleting")
PAGE_QUERIES = 2
"""What a page of the list costs: the small cloud's only one comes on another tick than the dearest."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one tick took. ``proofs`` are the reads about an instance that is gone, which are beside the ``reads``."""

    milliseconds: float
    queries: int
    reads: int
    proofs: int
    writes: int


class Stage:
    """An engine over a thin cloud and a real database."""

    def __init__(self, hosts: int, url: str = "sqlite://") -> None:
        self.clock = FakeClock()
        self.cloud = ThinCloud(self.clock, hosts)
        database = Database(url)
        migration.sync(database)
        self.store = SqlStore(database)
        self.queries = 0
        event.listen(SqlEngine, "before_cursor_execute", self._count)
        self.restart()

    def restart(self) -> None:
        """An engine that knows nothing but what the database and the cloud say."""
        cloud: Any = self.cloud
        self.engine = assemble(
            self.store, cloud, cloud, self.clock, POLICY, sweep_seconds=60, list_seconds=LIST_SECONDS
        ).engine

    def _count(self, *_: Any) -> None:
        self.queries += 1

    def start(self, ready: Callable[[], None] = lambda: None) -> list[Cost]:
        """The first ticks, until every pool has been looked at; ``ready`` is called after the first one."""
        costs = [self.tick()]
        ready()
        while self.cloud.reads["keep"] < len(self.cloud.hosts):
            self.clock.advance(TICK_SECONDS)
            costs.append(self.tick())
        return costs

    def book(self, hosts: int, ahead: int) -> int:
        """Firm claims on the first hosts; when their first delete is due."""
        now = self.clock.now()
        lead = POLICY.lead_for_hosts(hosts)
        with self.store.begin() as work:
            for host in self.cloud.hosts[:hosts]:
                claim = Claim(
                    id=f"claim-{host}",
                    reservation_id="reservation",
                    lease_id="lease",
                    host=host,
                    service_host=host,
                    start_at=now + ahead,
                    end_at=now + ahead + 3600,
                    standing=Standing.FIRM,
                    held_until=now + ahead,
                )
                work.put_reclaim(planned(work.put_claim(claim), lead, POLICY, now))
        return now + ahead - lead

    def withdraw(self) -> None:
        """Every lease is deleted."""
        with self.store.begin() as work:
            for claim in work.open_claims():
                work.put_claim(replace(claim, standing=Standing.WITHDRAWN))

    def tick(self, act: Callable[[], object] | None = None) -> Cost:
        """One tick, or a part of one, measured."""
        proofs, writes = self.cloud.reads["last_deletion"], self.cloud.writes.total()
        reads = self.cloud.reads.total() - proofs
        queries, own, began = self.queries, self.cloud.own_seconds, time.process_time()
        (act or self.engine.tick)()
        spent = time.process_time() - began - (self.cloud.own_seconds - own)
        return Cost(
            spent * 1000,
            self.queries - queries,
            self.cloud.reads.total() - self.cloud.reads["last_deletion"] - reads,
            self.cloud.reads["last_deletion"] - proofs,
            self.cloud.writes.total() - writes,
        )

    def ticks_until(self, instant: int, every: int = 20 * TICK_SECONDS) -> list[Cost]:
        """A tick now and then up to this instant, and one in it."""
        costs = []
        while self.clock.now() < instant:
            self.clock.advance(min(every, instant - self.clock.now()))
            costs.append(self.tick())
        return costs


def play(hosts: int, folder: str) -> dict[str, list[Cost]]:
    """Start, do nothing for a while, then free hosts; the ticks of each phase."""
    stage = Stage(hosts, f"sqlite:///{folder}/{hosts}.db")
    first, *others = stage.start(at_work)
    phases = {"first": [first]} | ({"looking at pools": others} if others else {})
    phases["idle"] = stage.ticks_until(stage.clock.now() + LIST_SECONDS + 500, every=TICK_SECONDS)
    reclaims = min(RECLAIMS, hosts)
    evict_at = stage.book(reclaims, ahead=4000)
    fence_at = evict_at - POLICY.min_uptime - POLICY.boot_allowance
    notice_at = evict_at - POLICY.notice - POLICY.notice_slack
    phases["planned"] = stage.ticks_until(fence_at - 1)
    phases["closing pools"] = stage.ticks_until(fence_at)
    phases["waiting"] = stage.ticks_until(notice_at - 1)
    phases["giving notices"] = stage.ticks_until(notice_at)
    phases["notices run"] = stage.ticks_until(evict_at - 1)
    phases["deleting"] = []
    while stage.cloud.gone < reclaims * PER_HOST:
        stage.clock.advance(1)
        act = stage.engine.refill if stage.clock.now() % 2 else stage.engine.tick
        phases["deleting"].append(stage.tick(act))
    stage.restart()
    phases["new process"] = [stage.tick()]
    return phases


def held(sentence: str, *, is_held: bool) -> bool:
    """Say that a limit is held, or is not."""
    print(f"{sentence}{'' if is_held else ': TOO MUCH'}")
    return is_held


def table(small: dict[str, list[Cost]], large: dict[str, list[Cost]]) -> None:
    """Each phase on both clouds."""
    heads = (("most", 8), ("queries", 10), ("reads", 8), ("proofs", 8), ("writes", 8))
    named = "".join(f"{name:>{width}}" for name, width in heads)
    print(f"{'a tick':16}{'hosts':>6}{'CPU ms: median':>16}{named}")
    for phase, costs in large.items():
        for hosts, rows in ((LARGE, costs), (SMALL, small.get(phase, ()))):
            if not rows:
                continue
            print(
                f"{phase if hosts == LARGE else '':16}{hosts:>6}"
                f"{statistics.median(one.milliseconds for one in rows):>16.1f}"
                f"{max(one.milliseconds for one in rows):>8.1f}"
                f"{max(one.queries for one in rows):>10}{max(one.reads for one in rows):>8}"
                f"{max(one.proofs for one in rows):>8}{max(one.writes for one in rows):>8}"
            )
    print()


def limits(small: dict[str, list[Cost]], large: dict[str, list[Cost]]) -> list[bool]:
    """What a tick may cost, but for those that read the whole list."""
    ticks = [cost for phase, costs in large.items() if phase not in NEW for cost in costs]
    others = [cost for phase, costs in small.items() if phase not in NEW for cost in costs]
    looks = [cost for phases in (small, large) for phase in FREEING for cost in phases[phase]]
    most = max(cost.milliseconds for cost in ticks)
    idle = sum(cost.milliseconds for cost in large["idle"]) / (len(large["idle"]) * TICK_SECONDS * 10)
    asked, asked_of_few = (max(cost.queries for cost in costs) for costs in (ticks, others))
    reads, limit = max(cost.reads for cost in looks), 2 * RECLAIMS + RECLAIMS * PER_HOST // 100 + 10
    return [
        held(f"a tick takes at most {most:.0f} ms, limit {TICK_LIMIT_MS:.0f} ms", is_held=most <= TICK_LIMIT_MS),
        held(
            f"idle at {LARGE} hosts: {idle:.2f} % of a core, limit {IDLE_LIMIT_PERCENT:.0f} %",
            is_held=idle <= IDLE_LIMIT_PERCENT,
        ),
        held(
            f"at most {asked} queries at {LARGE} hosts and {asked_of_few} at {SMALL}",
            is_held=asked <= asked_of_few + PAGE_QUERIES,
        ),
        held(f"at most {reads} reads to look at {RECLAIMS} hosts, limit {limit}", is_held=reads <= limit),
    ]


@dataclass(frozen=True, slots=True)
class Clearing:
    """How long it took until the last of many was seen gone, and what was sent."""

    seconds: int
    most_at_once: int
    deletes: int
    notices: int


def clear(victims: int) -> Clearing:
    """Free as many hosts as these fill, with the loop as it runs."""
    stage = Stage(victims // PER_HOST * 2)
    stage.start()
    evict_at = stage.book(victims // PER_HOST, ahead=4000)
    stage.ticks_until(evict_at - 1)
    most_at_once = 0

    def pause(seconds: float) -> bool:
        nonlocal most_at_once
        most_at_once = max(most_at_once, len(stage.cloud.ends) - stage.cloud.gone)
        stage.clock.advance(int(seconds))
        with stage.store.begin() as work:
            return len(stage.cloud.ends) == victims and not work.open_evictions()

    stage.clock.advance(1)
    loop.run(stage.engine, stage.clock, pause, loop.Pace(TICK_SECONDS, 2, 40), ready=lambda: None)
    sent = stage.cloud.writes
    return Clearing(stage.clock.now() - evict_at, most_at_once, sent["delete"], sent["write_metadata"])


def main() -> int:
    """Print the tables; 1 when a limit does not hold."""
    with tempfile.TemporaryDirectory() as folder:
        large = play(LARGE, folder)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        small = play(SMALL, folder)
        table(small, large)
        good = limits(small, large)
        sentence = f"memory {memory} MB with {LARGE * PER_HOST} instances, limit {MEMORY_LIMIT_MB} MB"
        good.append(held(sentence, is_held=memory <= MEMORY_LIMIT_MB))
        print(f"database {sum(file.stat().st_size for file in Path(folder).iterdir()) >> 20} MB")
    clearing = clear(VICTIMS)
    sent = clearing.deletes + clearing.notices
    print(f"\n{VICTIMS} instances, 2.5 s each, at most {clearing.most_at_once} at once:")
    good += [
        held(
            f"seen gone after {clearing.seconds} s, limit {GONE_LIMIT_SECONDS} s",
            is_held=clearing.seconds <= GONE_LIMIT_SECONDS,
        ),
        held(
            f"{clearing.deletes} deletes and {clearing.notices} notices sent, limit {2 * VICTIMS}",
            is_held=sent <= 2 * VICTIMS,
        ),
    ]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
