# SPDX-License-Identifier: Apache-2.0
"""Another service hears on the message bus what the guests read, and when they are gone."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from oslo_config import cfg

from blazar_spot.demo.record import Life
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.waiting import wait_until
from tests.e2e.stages import SOON_SECONDS
from tests.e2e.stories import CalledOff, Whole
from tests.listening import listening

EXCHANGE, TOPIC = "blazar-spot", "spot_notifications"


@pytest.fixture(scope="module")
def heard(cloud: Cloud) -> Iterator[Callable[[str], list[Any]]]:
    """What was said of an instance, once its notice is said to be over; the bus keeps it until somebody listens."""
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[])
    known: list[Any] = []
    with listening(conf, transport_url=cloud.site.transport_url, exchange=EXCHANGE, topic=TOPIC) as said:

        def of(instance: str) -> list[Any]:
            def is_over() -> bool:
                while not said.empty():
                    known.append(said.get().data)
                news = {one["news"] for one in known if one["instance_uuid"] == instance}
                return not news.isdisjoint(("terminated", "withdrawn"))

            wait_until(is_over, f"the end of the notice of {instance} is told", at_most=SOON_SECONDS, every=0.2)
            return [one for one in known if one["instance_uuid"] == instance]

        yield of


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_what_each_guest_read_is_told_in_order_and_then_that_it_is_gone(
    whole: Whole, heard: Callable[[str], list[Any]]
) -> None:
    for life in whole.record.tenants():
        if life.notices:
            _told_as_read(life, heard(life.guest.id))


def _told_as_read(life: Life, told: list[Any]) -> None:
    assert [one["revision"] for one in told] == list(range(1, len(told) + 1))
    assert [told[0]["news"], told[-1]["news"]] == ["scheduled", "terminated"]
    assert {one["news"] for one in told[1:-1]} <= {"rescheduled"}
    assert len({one["incident"] for one in told}) == 1
    assert _instant(told[0]["decided_at"]) == life.notices[0][1].decided_at
    assert _instant(told[-1]["deadline_at"]) == life.deadline_at
    assert told[0]["instance_name"].endswith(life.guest.name)


def test_a_notice_that_is_called_off_is_told_to_be(dropped: CalledOff, heard: Callable[[str], list[Any]]) -> None:
    told = heard(dropped.life.guest.id)
    assert [one["news"] for one in told if one["news"] != "rescheduled"] == ["scheduled", "withdrawn"]
