# SPDX-License-Identifier: Apache-2.0
"""``python -m bench.api``: what ``GET /v1/events`` costs the API's process in CPU time, with very many open notices.

The application is asked as a WSGI server asks it, with Keystone's middleware and all else that stands around it.
Keystone is another process; what it says of a token is kept, as with a memcached. The database is SQLite in a file, so
its work is counted too.
"""

import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from falcon import testing

from blazar_spot import wiring
from blazar_spot.core.promises import Instance, Notice, NoticeState
from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from blazar_spot.db.store import SqlStore
from blazar_spot.testing.keystone import FakeKeystone, token_checks

NOTICES = 10_000
PROJECTS = 500
LIMIT_MS = 5.0
ASKED = 200
NOON = 1_800_000_000


def fill(store: SqlStore, projects: int) -> None:
    """Open notices, taken in turn by so many projects."""
    for first in range(0, NOTICES, 1000):
        numbers = range(first, first + 1000)
        with store.begin() as work:
            work.put_instances([_instance(number, f"project-{number % projects}") for number in numbers])
            work.put_notices([_notice(number, f"project-{number % projects}") for number in numbers])
            work.count_news({f"project-{number % projects}" for number in numbers})


def _instance(number: int, project: str) -> Instance:
    return Instance(
        id=f"instance-{number}",
        host=f"gpu-{number % 1000}",
        project_id=project,
        name=f"instance {number}",
        flavor="boost-preemptible-c8m12-gpu-1080-1",
        created_at=NOON - 9000,
        running_since=NOON - 8990,
    )


def _notice(number: int, project: str) -> Notice:
    return Notice(
        id=f"notice-{number}",
        instance_id=f"instance-{number}",
        project_id=project,
        host=f"gpu-{number % 1000}",
        decided_at=NOON + number // 100,
        deadline_at=NOON + 900,
        given_at=NOON + 1,
        state=NoticeState.SCHEDULED,
    )


def ask(app: Any, query: str) -> bytes:
    """The body of the answer, as a WSGI server gets it."""
    environ = testing.create_environ("/v1/events", query_string=query, headers={"X-Auth-Token": "project-7"})
    body: Iterable[bytes] = app(environ, lambda *_: None)
    return b"".join(body)


def measure(projects: int, port: int, query: str = "") -> tuple[float, int]:
    """Milliseconds of CPU for one request, and how many events are in the answer."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "blazar-spot.conf"
        url = f"sqlite:///{folder}/spot.db"
        file.write_text(f"[database]\nconnection = {url}\n" + token_checks(port))
        database = Database(url)
        migration.sync(database)
        fill(SqlStore(database), projects)
        app = wiring.api(wiring.load(str(file)))
        events = len(json.loads(ask(app, query))["events"])
        began = time.process_time()
        for _ in range(ASKED):
            ask(app, query)
        return (time.process_time() - began) * 1000 / ASKED, events


def keep(said: Connection) -> None:
    """A Keystone in a process of its own, since its work is not the API's."""
    with FakeKeystone() as server:
        said.send(server.server_port)
        server.serve_forever()


@contextmanager
def keystone() -> Iterator[int]:
    """The port of one."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=keep, args=(there,), daemon=True)
    process.start()
    try:
        yield int(here.recv())
    finally:
        process.terminate()
        process.join()


def main() -> int:
    """Print the table; 1 when a limit does not hold."""
    good = True
    print(f"\nGET /v1/events with {NOTICES} open notices: CPU for one request, limit {LIMIT_MS} ms")
    with keystone() as port:
        for projects in (PROJECTS, 10):
            milliseconds, events = measure(projects, port)
            good = good and milliseconds <= LIMIT_MS
            print(f"{projects:6} projects, {events:4} events in the answer: {milliseconds:6.2f} ms")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
