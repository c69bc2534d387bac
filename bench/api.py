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
from concurrent.futures import ThreadPoolExecutor
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
WAITING, WAIT_SECONDS = 8, 10
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


def ask(app: Any, query: str = "", path: str = "/v1/events") -> bytes:
    """The body of the answer, as a WSGI server gets it."""
    environ = testing.create_environ(path, query_string=query, headers={"X-Auth-Token": "project-7"})
    body: Iterable[bytes] = app(environ, lambda *_: None)
    return b"".join(body)


@contextmanager
def served(projects: int, port: int) -> Iterator[Any]:
    """The application, with the open notices of so many projects."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "blazar-spot.conf"
        url = f"sqlite:///{folder}/spot.db"
        file.write_text(f"[database]\nconnection = {url}\n" + token_checks(port))
        database = Database(url)
        migration.sync(database)
        fill(SqlStore(database), projects)
        yield wiring.api(wiring.load(str(file)))


def cost(app: Any, path: str = "/v1/events") -> float:
    """Milliseconds of CPU for one request."""
    ask(app, path=path)
    began = time.process_time()
    for _ in range(ASKED):
        ask(app, path=path)
    return (time.process_time() - began) * 1000 / ASKED


def cost_of_waiting(app: Any) -> float:
    """Milliseconds of CPU in one second, while so many wait for news and there is none."""
    incarnation = json.loads(ask(app))["incarnation"]
    query = f"incarnation={incarnation}&wait={WAIT_SECONDS}"
    began = time.process_time()
    with ThreadPoolExecutor(WAITING) as threads:
        for answer in [threads.submit(ask, app, query) for _ in range(WAITING)]:
            assert json.loads(answer.result())["incarnation"] == incarnation
    return (time.process_time() - began) * 1000 / WAIT_SECONDS


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
            with served(projects, port) as app:
                milliseconds, events = cost(app), len(json.loads(ask(app))["events"])
                good = good and milliseconds <= LIMIT_MS
                print(f"{projects:6} projects, {events:4} events in the answer: {milliseconds:6.2f} ms")
                if projects == PROJECTS:
                    print(f"       the least that a request costs (GET /v1):    {cost(app, '/v1'):6.2f} ms")
                    waiting = cost_of_waiting(app)
                    print(f"       {WAITING} who wait, all together, in one second:   {waiting:6.2f} ms")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
