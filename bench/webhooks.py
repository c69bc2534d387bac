# SPDX-License-Identifier: Apache-2.0
"""How long after the decision a receiver hears of it: 500 notices at once, 50 receivers, of which 10 hang; and beside
it when none does.

Everything is as in the engine, over SQLite in a file and plain HTTP on loopback; the receivers are a process of their
own, on the same cores.
"""

import json
import math
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from blazar_spot import wiring
from blazar_spot.adapters.system_clock import SystemClock
from blazar_spot.core.events import Event, News
from blazar_spot.core.outbox import letters
from blazar_spot.core.promises import Instance
from blazar_spot.core.webhooks import WebhookState
from blazar_spot.db import migration
from blazar_spot.db.engine import Database

RECEIVERS, HANGERS, EACH = 50, 10, 10
MEDIAN_SECONDS, P99_SECONDS = 1.0, 3.0
PATIENCE_SECONDS = 60
KEY = "mi9ZfzTBnpQZk0-VtWjw2ErJ9Sq0QqcJsTeFZ7p6lK8="


def main() -> int:
    """Print the table; 1 if a bound is not held or anything was not heard."""
    print(
        f"\nwebhooks: {RECEIVERS * EACH} notices at once: from the decision to the first byte at those that take them"
    )
    good = True
    for hangers in (0, HANGERS):
        waits = measure(RECEIVERS - hangers, hangers)
        p99 = waits[math.ceil(len(waits) * 0.99) - 1]
        good = good and median(waits) < MEDIAN_SECONDS and p99 < P99_SECONDS and waits[-1] < math.inf
        print(
            f"{hangers:4} of {RECEIVERS} receivers hang: median {median(waits):.2f} s (limit {MEDIAN_SECONDS:.0f} s), "
            f"p99 {p99:.2f} s (limit {P99_SECONDS:.0f} s), longest {waits[-1]:.2f} s"
        )
    return 0 if good else 1


def measure(takers: int, hangers: int) -> list[float]:
    """How many seconds each message took, the shortest first; for ever, if it was not heard."""
    with tempfile.TemporaryDirectory() as folder, _hall(takers, hangers) as hall:
        ports = json.loads(hall.stdout.readline())
        decided_at = _told(Path(folder), ports, takers * EACH)
        heard = json.loads(hall.communicate("")[0])
    return sorted(heard.get(_id(taker, one), math.inf) - decided_at for taker in range(takers) for one in range(EACH))


def _told(folder: Path, ports: list[int], expected: int) -> float:
    """Decide all notices in one transaction, and wait until the receivers that take them have them; when it began."""
    conf = _settings(folder)
    whole = wiring.build(conf)
    owner = wiring.webhooks(conf, whole.store, whole.clock)
    for number, port in enumerate(ports):
        owner.create(f"project-{number}", "bench", f"http://127.0.0.1:{port}/", [{}])
    with _carrying(conf, whole):
        _wait_until(lambda: all(one.webhook.state is WebhookState.ENABLED for one in owner.of(None)))
        events = [_event(receiver, one) for receiver in range(len(ports)) for one in range(EACH)]
        instances = [_instance(event) for event in events]
        decided_at = time.time()
        with whole.store.begin() as work:
            work.put_instances(instances)
            work.put_letters(letters(events, ["webhooks"]))
        whole.bell.ring()
        _wait_until(lambda: _delivered(whole) >= expected)
    return decided_at


@contextmanager
def _hall(takers: int, hangers: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "bench.hall", str(takers), str(hangers)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as hall:
        try:
            yield hall
        finally:
            hall.kill()


@contextmanager
def _carrying(conf: object, whole: wiring.Whole) -> Iterator[None]:
    """As ``cmd/engine`` does it."""
    carried = wiring.posts(conf, whole)
    clocks = [SystemClock(rest_seconds=0) for _ in carried]
    for bearer, clock in zip(carried, clocks, strict=True):
        whole.bell.heard_by(clock.wake)
        threading.Thread(target=bearer.run, args=(clock.wait,), daemon=True).start()
    try:
        yield
    finally:
        for clock in clocks:
            clock.interrupt()


def _settings(folder: Path) -> object:
    connection = f"sqlite:///{folder}/promises.db"
    migration.sync(Database(connection))
    file = folder / "blazar-spot.conf"
    file.write_text(
        f"[database]\nconnection = {connection}\n[channels]\nenabled = webhooks\n"
        "[service_auth]\nauth_type = none\nendpoint = http://127.0.0.1:9\n"
        f"[webhooks]\nencryption_keys = {KEY}\nallow_http = true\nports =\nallowed_networks = 127.0.0.0/8\n"
    )
    return wiring.load(str(file))


def _delivered(whole: wiring.Whole) -> int:
    """How many have been told; asked seldom, so that the asking is not what is measured."""
    time.sleep(0.5)
    with whole.store.begin() as work:
        waiting = work.letters("webhooks", 1)
        webhooks = work.webhooks()
        done = [one for hook in webhooks for one in work.deliveries(hook.id, None, None, 100) if one.status == 200]
    return 0 if waiting else len(done)


def _wait_until(condition: object) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():  # type: ignore[operator]
        if time.monotonic() > end:
            return
        time.sleep(0.05)


def _id(receiver: int, one: int) -> str:
    return f"incident-{receiver}-{one}-1"


def _event(receiver: int, one: int) -> Event:
    now = SystemClock().now()
    return Event(
        id=_id(receiver, one),
        news=News.SCHEDULED,
        at=now,
        incident=f"incident-{receiver}-{one}",
        revision=1,
        instance_id=f"instance-{receiver}-{one}",
        instance_name="boost",
        project_id=f"project-{receiver}",
        flavor="boost-preemptible",
        host="gpu-1",
        decided_at=now,
        deadline_at=now + 900,
    )


def _instance(event: Event) -> Instance:
    return Instance(
        id=event.instance_id,
        host=event.host,
        project_id=event.project_id,
        name=event.instance_name,
        flavor=event.flavor,
        created_at=event.at,
        running_since=None,
    )


if __name__ == "__main__":
    sys.exit(main())
