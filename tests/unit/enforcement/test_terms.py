# SPDX-License-Identifier: Apache-2.0
"""Instances of flavors that promise less: told and evicted by their own terms, and by no shorter ones."""

from dataclasses import replace

import pytest

from blazar_spot.core.errors import Refused
from blazar_spot.core.record import Cause
from blazar_spot.core.terms import MIN_UPTIME, NOTICE
from blazar_spot.testing.lab import SPOT, Lab
from blazar_spot.testing.things import FakeServer

SHORT = {MIN_UPTIME: "5m", NOTICE: "2m"}


def lab_with(specs: dict[str, str]) -> tuple[Lab, FakeServer]:
    """A cloud with one instance of a flavor with these extra specs, which has run for 400 s."""
    lab = Lab()
    own = replace(SPOT, name="preemptible-own", extra_specs={**SPOT.extra_specs, **specs})
    lab.cloud.add_flavor(own, preemptible=True, enrolled=True)
    server = lab.cloud.servers[lab.cloud.boot(own.name)]
    lab.run_until_true(lambda: server.status == "ACTIVE", within=60)
    lab.run_for(400)
    return lab, server


def test_a_lease_gets_the_host_of_an_instance_that_has_had_what_its_flavor_promised() -> None:
    lab, server = lab_with(SHORT)
    start = lab.clock.now() + 120 + lab.policy.notice_slack + lab.policy.lead_for_hosts(1)
    lab.book("r1", start)
    lab.run_until_true(lambda: server.gone_at is not None, within=300)
    [notice] = lab.notices_of(server)
    assert notice.given_at is not None
    assert notice.given_at + 120 <= notice.deadline_at == lab.reclaim.evict_at <= server.deletes[0]
    assert [breach for breach in lab.store.breaches if breach.subject] == []


@pytest.mark.parametrize("specs", [{}, {MIN_UPTIME: "1h", NOTICE: "1h"}, {MIN_UPTIME: "soon", NOTICE: "-1"}])
def test_what_is_longer_or_junk_changes_nothing(specs: dict[str, str]) -> None:
    lab, server = lab_with(specs)
    start = lab.clock.now() + 120 + lab.policy.notice_slack + lab.policy.lead_for_hosts(1)
    with pytest.raises(Refused) as refused:
        lab.book("r1", start)
    assert server.launched_at is not None
    first = server.launched_at + lab.policy.min_uptime + lab.policy.lead_for_hosts(1)
    assert refused.value.earliest_start == lab.policy.answer(first)


def test_the_earliest_start_is_the_one_that_the_flavors_own_notice_allows() -> None:
    lab, _ = lab_with(SHORT)
    with pytest.raises(Refused) as refused:
        lab.book("r1", lab.clock.now() + 120)
    first = lab.clock.now() + 120 + lab.policy.notice_slack + lab.policy.lead_for_hosts(1)
    assert refused.value.earliest_start == lab.policy.answer(first)


def test_with_time_enough_everybody_is_told_together_and_not_later_than_others() -> None:
    lab, server = lab_with(SHORT)
    lab.book("r1", lab.clock.now() + 7200)
    lab.run_until_true(lambda: bool(lab.notices_of(server)), within=7200)
    [notice] = lab.notices_of(server)
    assert notice.decided_at == lab.reclaim.notice_at
    assert notice.deadline_at == lab.reclaim.evict_at


@pytest.mark.parametrize(("specs", "causes"), [(SHORT, []), ({}, [Cause.SLOW_BOOT])])
def test_a_slow_boot_breaks_the_promise_only_if_it_ran_shorter_than_its_own_minimum(
    specs: dict[str, str], causes: list[Cause]
) -> None:
    lab = Lab()
    own = replace(SPOT, name="preemptible-own", extra_specs={**SPOT.extra_specs, **specs})
    lab.cloud.add_flavor(own, preemptible=True, enrolled=True)
    start = lab.clock.now() + 4000
    lab.book("r1", start)
    lab.run_for(1)
    lab.run_until(lab.reclaim.fence_at - 1)
    lab.cloud.build_takes = lab.policy.boot_allowance + 300
    server = lab.cloud.servers[lab.cloud.boot(own.name)]
    lab.run_until_true(lambda: server.gone_at is not None, within=4000)
    assert [breach.cause for breach in lab.store.breaches if breach.subject == server.id] == causes
