# SPDX-License-Identifier: Apache-2.0
"""News of notices on a real RabbitMQ: what was taken can be heard, and what was not taken is told at once."""

import queue
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from oslo_config import cfg

from blazar_spot.adapters.announcements import Announcements
from blazar_spot.core.errors import Unreachable
from blazar_spot.core.events import Event
from blazar_spot.devcloud.cloud import Cloud
from tests.contract.store import EVENT
from tests.listening import Heard, listening

PATIENCE = 120
SOON = 10


def news(number: int) -> Event:
    return replace(EVENT, id=f"incident-{number}", revision=number)


@pytest.fixture
def conf() -> cfg.ConfigOpts:
    fresh = cfg.ConfigOpts()
    fresh([], default_config_files=[])
    return fresh


@pytest.fixture
def exchange() -> str:
    return f"spot-{uuid.uuid4().hex}"


@pytest.fixture
def channel(cloud: Cloud, conf: cfg.ConfigOpts, exchange: str) -> Announcements:
    return Announcements(conf, transport_url=cloud.site.transport_url, exchange=exchange, topic=exchange)


@pytest.fixture
def heard(cloud: Cloud, conf: cfg.ConfigOpts, exchange: str) -> Iterator["queue.Queue[Heard]"]:
    """What was said, also before anybody listened."""
    with listening(conf, transport_url=cloud.site.transport_url, exchange=exchange, topic=exchange) as said:
        yield said


def test_what_was_said_before_anybody_listened_is_heard(channel: Announcements, request: pytest.FixtureRequest) -> None:
    channel.send(news(1))
    heard = request.getfixturevalue("heard")
    assert heard.get(timeout=PATIENCE).data["event_id"] == "incident-1"


def test_a_bus_that_is_away_is_told_soon_and_used_again_when_it_is_back(
    cloud: Cloud, channel: Announcements, request: pytest.FixtureRequest
) -> None:
    channel.send(news(1))
    cloud.service("rabbitmq").kill()
    try:
        for number in (2, 3):
            began = time.monotonic()
            with pytest.raises(Unreachable):
                channel.send(news(number))
            assert time.monotonic() - began < SOON
    finally:
        cloud.service("rabbitmq").start()
    channel.send(news(4))
    heard = request.getfixturevalue("heard")
    said = {heard.get(timeout=PATIENCE).data["event_id"]}
    while "incident-4" not in said:
        said.add(heard.get(timeout=PATIENCE).data["event_id"])
    assert said <= {"incident-1", "incident-4"}, "what was not taken must not be said"


def test_a_bus_that_hangs_is_told_soon(cloud: Cloud, conf: cfg.ConfigOpts, exchange: str) -> None:
    cloud.service("rabbitmq").freeze()
    try:
        began = time.monotonic()
        with pytest.raises(Unreachable):
            fresh = Announcements(conf, transport_url=cloud.site.transport_url, exchange=exchange, topic=exchange)
            fresh.send(replace(news(1), id="hangs"))
        assert time.monotonic() - began < SOON
    finally:
        cloud.service("rabbitmq").thaw()
