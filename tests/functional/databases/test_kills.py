# SPDX-License-Identifier: Apache-2.0
"""Two processes tell webhooks over one real database and are killed again and again; nothing is lost by that."""

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from blazar_spot.adapters.destinations import Rules
from blazar_spot.adapters.fernet_keyring import FernetKeyring
from blazar_spot.adapters.http_courier import HttpCourier
from blazar_spot.core.deliveries import DeliveryState
from blazar_spot.core.events import Event, News
from blazar_spot.core.outbox import letters
from blazar_spot.core.webhooks import WebhookState
from blazar_spot.db.store import SqlStore
from blazar_spot.devcloud.waiting import wait_until
from blazar_spot.enforcement.sorting import CHANNEL
from blazar_spot.enforcement.webhooks import Limits, Webhooks
from tests.contract.store import EVENT, INSTANCE
from tests.functional.databases.carriers import Hurried
from tests.unit.adapters.receivers import Receiver, Visit, listening
from tests.unit.adapters.test_fernet_keyring import KEY

CARRIERS = Path(__file__).with_name("carriers.py")
ROOT = Path(__file__).parents[3]
RECEIVERS, INSTANCES, REVISIONS = 2, 8, 3
WITHIN_SECONDS = 120
TOKEN = re.compile(rb'{"challenge": "[^"]+"}')
MESSAGE_ID = re.compile(rb"webhook-id: ([^\r]+)", re.IGNORECASE)


class Manner:
    """A receiver that is slow enough to be told things while the teller dies, and that sometimes trips."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, visit: Visit) -> None:
        body = visit.heard().partition(b"\r\n\r\n")[2]
        self.count += 1
        visit.is_over.wait(0.02)
        if self.count % 9 == 0:
            visit.say(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
        elif self.count % 7:  # else no answer at all
            said = (TOKEN.findall(body) or [b""])[0]
            visit.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(said) + said)


@contextmanager
def carriers(url: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Two processes."""
    running = [started(url) for _ in range(2)]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait()


def started(url: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, CARRIERS, url, KEY], env={"PYTHONPATH": str(ROOT)})


def owner_of(store: SqlStore) -> Webhooks:
    clock = Hurried()
    rules = Rules(allow_http=True, ports=frozenset(), allowed=(ip_network("127.0.0.0/8"),))
    return Webhooks(store, HttpCourier(rules, clock, 10), FernetKeyring([KEY]), clock, Limits())


def decide(store: SqlStore, revision: int) -> None:
    """One more revision of every notice, as an engine writes it down."""
    now = Hurried().now()
    last = revision == REVISIONS
    news = News.SCHEDULED if revision == 1 else News.TERMINATED if last else News.RESCHEDULED
    events = [_event(number, revision, news, now) for number in range(INSTANCES)]
    with store.begin() as work:
        if revision == 1:
            work.put_instances([replace(INSTANCE, id=event.instance_id) for event in events])
        work.put_letters(letters(events, [CHANNEL]))


def _event(number: int, revision: int, news: News, now: int) -> Event:
    ids = {"id": f"notice-{number}-{revision}", "incident": f"notice-{number}", "instance_id": f"instance-{number}"}
    return replace(EVENT, **ids, news=news, revision=revision, at=now, deadline_at=now + 9000)


def heard(receiver: Receiver) -> list[tuple[str, bytes]]:
    """The ids and bodies of all messages, also those that it did not take; without its challenges."""
    found = [(MESSAGE_ID.findall(one)[0].decode(), one.partition(b"\r\n\r\n")[2]) for one in list(receiver.requests)]
    return [one for one in found if one[0].startswith("notice-")]


def test_whoever_is_killed_loses_nothing_and_the_order_is_kept(store: SqlStore, url: str) -> None:
    """First one of the two is killed, then both, then one."""
    owner = owner_of(store)
    with ExitStack() as stack:
        receivers = [stack.enter_context(listening(Manner())) for _ in range(RECEIVERS)]
        for one in receivers:
            owner.create(INSTANCE.project_id, "ours", f"http://127.0.0.1:{one.port}/", [{}])
        running = stack.enter_context(carriers(url))
        _wait(lambda: {one.webhook.state for one in owner.of(None)} == {WebhookState.ENABLED}, "all are verified")
        for number in range(1, REVISIONS + 1):
            decide(store, number)
            enough = sum(len(heard(one)) for one in receivers) + INSTANCES
            _wait(lambda so_many=enough: sum(len(heard(one)) for one in receivers) >= so_many, "some are told")
            for place in range(2 - number % 2):
                running[place].kill()
                running[place].wait()
                running[place] = started(url)
        _wait(lambda: _is_done(store), "all are told")
    for one in receivers:
        _judge(one)


def _is_done(store: SqlStore) -> bool:
    with store.begin() as work:
        told = [one for webhook in work.webhooks() for one in work.deliveries(webhook.id, None, None, 1000)]
        is_sorted = not work.letters(CHANNEL, 1)
    states = {one.state for one in told}
    assert DeliveryState.ABANDONED not in states
    return is_sorted and states == {DeliveryState.DELIVERED} and len(told) == RECEIVERS * INSTANCES * REVISIONS


def _judge(receiver: Receiver) -> None:
    bodies: dict[str, set[bytes]] = defaultdict(set)
    order: dict[str, list[int]] = defaultdict(list)
    for message_id, body in heard(receiver):
        incident, _, revision = message_id.rpartition("-")
        if message_id not in bodies:
            order[incident].append(int(revision))
        bodies[message_id].add(body)
    assert dict(order) == {f"notice-{number}": list(range(1, REVISIONS + 1)) for number in range(INSTANCES)}
    assert {len(several) for several in bodies.values()} == {1}


def _wait(condition: Any, what: str) -> None:
    wait_until(condition, what, at_most=WITHIN_SECONDS, every=0.05)
