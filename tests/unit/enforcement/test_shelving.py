# SPDX-License-Identifier: Apache-2.0
"""A return from being shelved away from any host begins a new run; nothing else does."""

import pytest

from blazar_spot.core.errors import Refused
from blazar_spot.core.promises import Instance
from blazar_spot.testing.lab import POLICY, Lab


def known(lab: Lab) -> Instance:
    (instance,) = lab.store.instances
    return instance


def test_an_instance_that_is_shelved_away_stands_on_no_host_and_keeps_its_row() -> None:
    lab = Lab()
    (server,) = lab.boot_and_run(1)
    lab.cloud.shelve(server.id)
    lab.run_for(2)
    assert (known(lab).host, known(lab).running_since, known(lab).gone_at) == ("", None, None)
    version = known(lab).version
    lab.run_for(200)
    assert known(lab).version == version
    assert lab.book("r1", lab.clock.now() + POLICY.lead_for_hosts(1) + 1)


@pytest.mark.parametrize("is_seen_before", [True, False])
def test_its_return_begins_a_new_run(is_seen_before: bool) -> None:
    lab = Lab(hosts=2)
    (server,) = lab.boot(1, "host01")
    if is_seen_before:
        lab.run_for(POLICY.min_uptime)
    else:
        lab.clock.advance(POLICY.min_uptime)
    lab.cloud.shelve(server.id)
    lab.run_for(5)
    lab.cloud.unshelve(server.id, "host02")
    back_at = lab.clock.now()
    lab.run_for(2)
    assert (known(lab).host, known(lab).running_since) == ("host02", None)
    assert back_at < known(lab).created_at <= back_at + 2
    lab.run_for(5)
    assert known(lab).running_since == server.launched_at == back_at + lab.cloud.build_takes


def test_a_plain_stop_and_start_is_no_new_run() -> None:
    lab = Lab()
    (server,) = lab.boot_and_run(1)
    since = known(lab).running_since
    for status in ("SHELVED", "SHUTOFF", "ACTIVE"):
        server.status, server.launched_at = status, lab.clock.now()
        lab.run_for(2)
    assert known(lab).running_since == since


@pytest.mark.parametrize("seconds", [0, 5])
def test_who_has_just_come_back_is_in_the_way_of_a_late_booking(seconds: int) -> None:
    lab = Lab()
    (server,) = lab.boot_and_run(1)
    lab.cloud.shelve(server.id)
    lab.run_for(5)
    lab.cloud.unshelve(server.id, "host01")
    lab.run_for(seconds)
    with pytest.raises(Refused) as refusal:
        lab.book("r1", lab.clock.now() + POLICY.notice + 300)
    assert refusal.value.code == "spot_not_evictable"
