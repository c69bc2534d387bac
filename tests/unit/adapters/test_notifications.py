# SPDX-License-Identifier: Apache-2.0
"""Nova's notifications wake whoever listens, over oslo.messaging's own bus in memory."""

import queue
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import oslo_messaging
import pytest
from oslo_config import cfg

from blazar_spot import wiring
from blazar_spot.adapters.notifications import NovaHints
from blazar_spot.conf import declared
from blazar_spot.core.errors import Permanent
from blazar_spot.core.flavors import PREEMPTIBLE

PATIENCE = 20


class Nova:
    """Somebody who notifies as Nova does."""

    def __init__(self) -> None:
        self.exchange = uuid.uuid4().hex  # the bus in memory gives a new queue what others were told before
        conf = cfg.ConfigOpts()
        conf([], default_config_files=[])
        oslo_messaging.get_notification_transport(conf, url="fake://")  # declares the option that the next one reads
        conf.set_override("control_exchange", self.exchange)
        transport = oslo_messaging.get_notification_transport(conf, url="fake://")
        self._notifier = oslo_messaging.Notifier(
            transport, "nova-compute:host01", driver="messaging", topics=["versioned_notifications"]
        )

    def tells(self, event: str = "instance.create.end", level: str = "info", **specs: str) -> None:
        flavor = {"nova_object.name": "FlavorPayload", "nova_object.data": {"extra_specs": specs}}
        self.tells_of({"nova_object.data": {"uuid": "server-1", "flavor": flavor}}, event, level)

    def tells_of(self, payload: Any, event: str = "instance.create.end", level: str = "info") -> None:
        getattr(self._notifier, level)({}, event, payload)


SPOT = {PREEMPTIBLE: "true"}


def listening(nova: Nova, pool: str = "blazar-spot") -> "queue.Queue[bool]":
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[])
    where = {"exchange": nova.exchange, "topic": "versioned_notifications", "pool": pool}
    woken: queue.Queue[bool] = queue.Queue()
    NovaHints(conf, transport_url="fake://", **where).listen(lambda: woken.put(True))
    assert woken.get(timeout=PATIENCE), "whoever begins to listen is woken"
    return woken


@pytest.fixture
def nova() -> Nova:
    """The one that is listened to."""
    return Nova()


@pytest.fixture
def woken(nova: Nova) -> Iterator["queue.Queue[bool]"]:
    """One entry for each time that somebody was woken; what is left over at the end was one too many."""
    woken = listening(nova)
    yield woken
    assert woken.empty()


@pytest.mark.parametrize(
    ("event", "level"),
    [("instance.create.end", "info"), ("instance.delete.end", "info"), ("instance.create.error", "error")],
)
def test_a_change_of_a_spot_instance_wakes(nova: Nova, woken: "queue.Queue[bool]", event: str, level: str) -> None:
    nova.tells(event, level, **SPOT)
    assert woken.get(timeout=PATIENCE)


@pytest.mark.parametrize(
    "payload", [None, [], {}, {"nova_object.data": None}, {"nova_object.data": {"flavor": {"nova_object.data": {}}}}]
)
def test_what_cannot_be_understood_or_is_of_no_interest_wakes_nobody(
    nova: Nova, woken: "queue.Queue[bool]", payload: object
) -> None:
    nova.tells_of(payload)
    nova.tells(**{PREEMPTIBLE: "false"})
    nova.tells("instance.create.start", **SPOT)
    nova.tells("service.update", **SPOT)
    nova.tells(**SPOT)
    assert woken.get(timeout=PATIENCE)


def test_a_listener_of_its_own_pool_takes_nothing_from_others(nova: Nova) -> None:
    both = listening(nova, "one"), listening(nova, "other")
    nova.tells(**SPOT)
    assert all(woken.get(timeout=PATIENCE) for woken in both)


def test_listening_keeps_nobody_waiting_although_the_bus_is_down() -> None:
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[])
    nowhere = "rabbit://nobody:nothing@127.0.0.1:1/"
    where = {"exchange": "nova", "topic": "versioned_notifications", "pool": "blazar-spot"}
    NovaHints(conf, transport_url=nowhere, **where).listen(lambda: None)


def test_an_address_that_is_none_stops_the_start_with_one_sentence() -> None:
    conf = declared()
    conf([], default_config_files=[])
    assert wiring.hints(conf) is None
    conf.set_override("transport_url", "carrier-pigeon://", group="notifications")
    with pytest.raises(Permanent, match="transport_url in \\[notifications\\] cannot be used"):
        wiring.hints(conf)
    conf.set_override("transport_url", "fake://", group="notifications")
    assert wiring.hints(conf) is not None


def test_whoever_listens_does_so_with_native_threads() -> None:
    question = (
        "import blazar_spot.adapters.notifications; from oslo_service import backend; "
        "print(type(backend.get_backend()).__name__)"
    )
    answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["ThreadingBackend"]
