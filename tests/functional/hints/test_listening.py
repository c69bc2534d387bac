# SPDX-License-Identifier: Apache-2.0
"""A running engine hears of spot instances long before its next tick, and is the same engine without RabbitMQ."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy

from blazar_spot.core.flavors import PREEMPTIBLE
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.stock import IMAGE
from blazar_spot.devcloud.waiting import GaveUp, wait_until

pytestmark = pytest.mark.nightly

ENGINE = "spot-engine"
SOON = 20
"""Much shorter than a tick, and long enough for a busy machine."""
TRIES = 4


@pytest.fixture
def ledger(cloud: Cloud) -> Callable[[str], Any]:
    """What the engine has written down of an instance: since when it runs, and since when it is gone."""
    database = sqlalchemy.create_engine(cloud.site.database_url("blazar_spot"))
    query = sqlalchemy.text("SELECT running_since, gone_at FROM instances WHERE id = :id")

    def read(server: str) -> Any:
        with database.connect() as connection:
            return connection.execute(query, {"id": server}).first()

    return read


def _booted(cloud: Cloud, name: str, at_most: float = 60) -> str:
    nova = cloud.connection("spot").compute
    flavor = next((one for one in nova.flavors(is_public=None) if one.name == "hints-preemptible"), None)
    if flavor is None:
        flavor = nova.create_flavor(name="hints-preemptible", vcpus=1, ram=64, disk=1)
        nova.create_flavor_extra_specs(flavor, {PREEMPTIBLE: "true"})
    image = cloud.connection("spot").image.find_image(IMAGE).id
    server = nova.create_server(name=name, flavor_id=flavor.id, image_id=image, networks="none")
    wait_until(lambda: nova.get_server(server.id).status == "ACTIVE", f"{name} runs", at_most=at_most, every=0.2)
    return str(server.id)


def _booted_in_the_end(cloud: Cloud, name: str) -> str:
    """Nova loses what it is asked for before all of its services are connected again: that stays in BUILD for ever."""
    for number in range(TRIES):
        with suppress(GaveUp):
            return _booted(cloud, f"{name}-{number}", at_most=60)
    raise AssertionError(f"none of {TRIES} instances runs")


@pytest.mark.parametrize("name", ["first", "second"])
def test_what_happens_between_two_ticks_is_known_soon(cloud: Cloud, ledger: Callable[[str], Any], name: str) -> None:
    server = _booted(cloud, name)
    wait_until(lambda: ledger(server) and ledger(server)[0], "it is known to run", at_most=SOON, every=0.2)
    cloud.connection("spot").compute.delete_server(server)
    wait_until(lambda: ledger(server)[1] is not None, "it is known to be gone", at_most=SOON, every=0.2)


def test_an_engine_that_listens_stops_when_it_is_told_to(cloud: Cloud) -> None:
    log = cloud.site.root / "logs" / f"{ENGINE}.log"
    before = log.read_text().count("Stopping")
    began = time.monotonic()
    cloud.service(ENGINE).stop()
    assert time.monotonic() - began < SOON
    assert log.read_text().count("Stopping") == before + 1
    cloud.service(ENGINE).start()


def test_an_engine_starts_and_works_without_rabbitmq_and_hears_again_when_it_is_back(
    cloud: Cloud, ledger: Callable[[str], Any]
) -> None:
    cloud.service(ENGINE).stop()
    cloud.service("rabbitmq").kill()
    try:
        cloud.service(ENGINE).start()
    finally:
        cloud.service("rabbitmq").start()
    server = _booted_in_the_end(cloud, "after-the-outage")
    wait_until(lambda: ledger(server) and ledger(server)[0], "it is known to run", at_most=120, every=0.5)
    cloud.connection("spot").compute.delete_server(server)
    wait_until(lambda: ledger(server)[1] is not None, "it is known to be gone", at_most=SOON, every=0.2)
