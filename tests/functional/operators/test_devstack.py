# SPDX-License-Identifier: Apache-2.0
"""What our devstack plugin writes, on a real cloud: a reservation takes its host back from spot instances."""

import pytest

from blazar_spot.demo.sights import Mark
from blazar_spot.demo.verdict import promises
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.waiting import wait_until
from tests.e2e.lanes import Played
from tests.functional.operators.sights import Told
from tests.unit.devstack.stack import Stack, options


@pytest.fixture(scope="module")
def told(played: Played) -> Told:
    seen: Told = played["told"].result()
    return seen


def test_the_reservation_gets_its_host_in_time_and_every_promise_is_kept(told: Told) -> None:
    assert told.record.decided_as == "ACTIVE"
    assert told.record.lease is not None
    assert Mark.ALL_GONE in told.record.marks
    assert all(life.here_at <= told.record.lease.start_at for life in told.record.tenants())
    assert [promise for promise in promises(told.record) if not promise.is_kept] == []


def test_guests_read_of_their_ends_in_vendordata(told: Told) -> None:
    assert told.vendordata["spot"]["event"]["state"] == "scheduled"
    assert int(told.vendordata["spot"]["cloud_termination_time"]) > 0


def test_the_engine_hears_nova(cloud: Cloud, told: Told) -> None:
    assert told.record.lease is not None
    said = cloud.log_file("spot-engine").read_text(errors="replace")
    assert "Listening to Nova's notifications" in said
    assert "A hint: instance." in said


def test_unstack_gives_blazar_its_own_plugins_back(cloud: Cloud, told: Told, stacked: Stack) -> None:
    assert told.record.lease is not None
    before = stacked.blazar.read_text()
    try:
        stacked.run("unstack")
        assert options(stacked.blazar)["manager"]["plugins"] == "physical.host.plugin"
        cloud.service("blazar-manager").restart()
        hosts = cloud.blazar("admin").host
        wait_until(lambda: bool(hosts.list()), "Blazar answers", at_most=120, every=0.5)
    finally:
        stacked.blazar.write_text(before)
        cloud.service("blazar-manager").restart()
