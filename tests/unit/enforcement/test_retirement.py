# SPDX-License-Identifier: Apache-2.0
"""The cloud after the retirement is as if there had never been spot pools in it."""

from dataclasses import replace

import pytest

from blazar_spot.core.errors import Unreachable
from blazar_spot.core.heartbeat import SILENT_AFTER
from blazar_spot.core.notice import KEYS
from blazar_spot.core.switch import Mode
from blazar_spot.enforcement.pulse import Pulse
from blazar_spot.testing.lab import SPOT, Lab

HOUR = 3600


def told(lab: Lab) -> list[str]:
    """What is done, and LEFT for what is not."""
    return [f"LEFT {one.what}: {one.left}" if one.left else one.what for one in lab.whole.retirement.run()]


def test_everything_of_ours_goes_and_a_preemptible_flavor_boots_as_a_normal_one() -> None:
    lab = Lab(hosts=2)
    assert told(lab) == [
        f"Let flavor {SPOT.name} ask for no spot pool",
        "Remove the spot pool of host01",
        "Remove the spot pool of host02",
    ]
    assert lab.cloud.pools() == {}
    assert lab.cloud.flavors[SPOT.name].extra_specs == {**SPOT.extra_specs, "blazar:preemptible": "true"}
    lab.cloud.boot(SPOT.name, host="host01")
    lab.clock.advance(60)
    lab.cloud.settle()
    assert [server.status for server in lab.cloud.alive.values()] == ["ACTIVE"]
    assert told(lab) == []


def test_a_pool_that_is_in_use_is_left_open_and_goes_with_the_next_run() -> None:
    lab = Lab(hosts=2)
    [server] = lab.boot_and_run(host="host01")
    lab.cloud.close("host01")
    assert told(lab)[1:] == [
        "LEFT Remove the spot pool of host01: 1 instances are still in it; it is open, and can go when they have gone",
        "Remove the spot pool of host02",
    ]
    assert lab.cloud.closed() == {"host01": False}
    assert server.status == "ACTIVE"
    lab.cloud.delete(server.id, force=True)
    lab.clock.advance(60)
    assert told(lab) == ["Remove the spot pool of host01"]


def test_a_notice_that_a_guest_can_read_goes_and_its_other_metadata_stays() -> None:
    lab = Lab()
    [server] = lab.boot_and_run()
    server.metadata["mine"] = "stays"
    lab.book("one", lab.clock.now() + 1800)
    lab.run_for(900)
    assert server.metadata.keys() & KEYS
    assert f"Remove the notice from server {server.id}" in told(lab)
    assert server.metadata == {"mine": "stays"}


@pytest.mark.parametrize(
    ("operation", "what"),
    [
        ("enrolled_flavors", "List the flavors"),
        ("spot_servers", "List the spot instances"),
        ("pools", "List the spot pools"),
        ("unenrol_flavor", f"Let flavor {SPOT.name} ask for no spot pool"),
        ("remove", "Remove the spot pool of host01"),
    ],
)
def test_one_failure_holds_up_no_other_step_and_the_next_run_makes_up_for_it(operation: str, what: str) -> None:
    lab = Lab(hosts=2)
    lab.cloud.fails(operation, Unreachable("it is down"))
    assert [one for one in told(lab) if one.startswith("LEFT")] == [f"LEFT {what}: it is down"]
    assert not [one for one in told(lab) if one.startswith("LEFT")]
    assert (lab.cloud.pools(), lab.cloud.enrolled_flavors()) == ({}, {})


def test_what_would_be_done_changes_nothing() -> None:
    lab = Lab()
    before = list(lab.cloud.writes)
    assert len(list(lab.whole.retirement.steps())) == 2
    assert lab.cloud.writes == before


def test_an_engine_that_runs_speaks_against_it_until_it_is_silent() -> None:
    lab = Lab()
    Pulse(lab.store, lab.clock, Mode.ENFORCE, "controller", 7).beat(None)
    lab.clock.advance(SILENT_AFTER - 20)
    [objection] = lab.whole.retirement.objections()
    assert objection.startswith("Engine 7 on controller gave a sign of life 100 s ago")
    assert objection.endswith("try again in 21 s")
    lab.clock.advance(21)
    assert lab.whole.retirement.objections() == []


def test_a_notice_that_is_out_speaks_against_it_unless_evictions_are_paused() -> None:
    lab = Lab()
    lab.boot_and_run()
    lab.book("one", lab.clock.now() + HOUR)
    lab.run_for(60)
    assert lab.whole.retirement.objections() == []
    lab.run_for(HOUR - 900)
    [objection] = lab.whole.retirement.objections()
    assert objection.startswith("host01 is notified")
    with lab.store.begin() as work:
        work.put_switch(replace(work.switch(), paused_at=lab.clock.now(), reason="leaving"))
    assert lab.whole.retirement.objections() == []


def test_a_host_that_an_operator_closed_or_drained_keeps_nothing_of_ours_either() -> None:
    lab = Lab(hosts=2)
    lab.whole.closing.close("host01", "a fan is loud")
    lab.whole.draining.drain("host02", None, "a new fan")
    lab.run_for(30)
    assert lab.whole.retirement.objections() == []
    assert [one for one in told(lab) if one.startswith("LEFT")] == []
    assert lab.cloud.pools() == {}


def test_notices_that_are_out_because_of_a_drain_speak_against_it() -> None:
    lab = Lab()
    lab.boot_and_run()
    lab.whole.draining.drain("host01", None, "")
    lab.run_for(30)
    [objection] = lab.whole.retirement.objections()
    assert objection.startswith("host01 is notified and to be free at ")
    lab.whole.closing.open("host01")
    lab.second()
    assert lab.whole.retirement.objections() == []
