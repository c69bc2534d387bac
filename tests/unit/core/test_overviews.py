# SPDX-License-Identifier: Apache-2.0
"""How far reclaims and leases are."""

import pytest

from blazar_spot.core.overviews import BY_NEED, GOING, Counts, Told, overview, summary
from blazar_spot.core.reclaim import State
from blazar_spot.core.record import deed
from blazar_spot.core.timeline import in_order
from tests.contract.read_store import NOON, claim, reclaim

COUNTS = Counts(told={"a": Told(5, 3)}, breaches={"a": 2}, present={"gpu-1": 4, "gpu-2": 7})


def counted(**of_claim: object) -> tuple[int, int, int]:
    state = of_claim.pop("state", State.NOTIFIED)
    found = overview(claim("a", **of_claim), reclaim("a", state=state), COUNTS)
    return found.instances, found.to_go, found.breaches


def test_everybody_on_a_host_that_is_wanted_whole_has_to_go_and_those_who_have_gone_count() -> None:
    assert counted() == (6, 4, 2)


def test_nobody_has_to_go_from_a_host_where_nobody_is() -> None:
    assert counted(host="gpu-3") == (2, 0, 2)


def test_an_overview_is_of_a_reclaim_and_its_claim() -> None:
    found = overview(claim("a"), reclaim("a"), COUNTS)
    assert (found.claim, found.reclaim) == (claim("a"), reclaim("a"))


def test_for_a_part_of_a_host_those_have_to_go_who_were_told() -> None:
    assert counted(room={"VCPU": 4}) == (5, 3, 2)


@pytest.mark.parametrize("state", [State.HANDED_OVER, State.CANCELLED, State.EXPIRED])
def test_when_it_is_over_nobody_has_to_go_any_more(state: State) -> None:
    assert counted(state=state) == (5, 0, 2)


def test_each_state_has_its_rank() -> None:
    assert sorted(BY_NEED) == sorted(State)


def test_a_lease_is_as_far_as_the_worst_of_its_hosts() -> None:
    several = [
        (claim("a"), reclaim("a", state=State.READY, evict_at=NOON - 70)),
        (claim("b", host="gpu-2"), reclaim("b", host="gpu-2", state=State.EVICTING, evict_at=NOON - 60)),
    ]
    found = summary(several, COUNTS)
    assert (found.state, found.hosts, found.hosts_ready) == (State.EVICTING, 2, 1)
    assert (found.instances, found.to_go, found.breaches) == (6 + 7, 4 + 7, 2)
    assert (found.evict_at, found.start_at, found.end_at) == (NOON - 70, NOON, NOON + 3600)


@pytest.mark.parametrize(("worse", "better"), [(State.OVERDUE, State.EVICTING), (State.PLANNED, State.NOTIFIED)])
def test_the_worst_of_a_lease_is_the_one_that_keeps_it_waiting_longest(worse: State, better: State) -> None:
    several = [
        (claim(one, host=one), reclaim(one, host=one, state=state)) for one, state in [("a", better), ("b", worse)]
    ]
    assert summary(several, COUNTS).state is worse


def test_a_lease_is_called_as_its_claims_are() -> None:
    of_lease = claim("a", lease_id="night", lease_name="training", project_id="p7")
    found = summary([(of_lease, None)], COUNTS)
    assert (found.lease_id, found.lease_name, found.project_id) == ("night", "training", "p7")


def test_a_lease_whose_hosts_have_no_reclaims_yet_is_planned() -> None:
    found = summary([(claim("a"), None)], Counts())
    assert (found.state, found.hosts, found.hosts_ready, found.evict_at) == (State.PLANNED, 1, 0, None)


def test_what_was_done_within_one_second_is_told_as_it_follows_from_each_other() -> None:
    words = ["is fenced", "notice", "is notified", "is evicting", "delete", "is verifying", "is ready", "withheld"]
    deeds = [deed(what, NOON, "a", "gpu-1") for what in sorted(words)]
    early = deed("withheld", NOON - 1, "a", "gpu-1")
    assert [one.what for one in in_order([*deeds, early])] == ["withheld", *words]
    assert set(GOING) >= {"notice", "delete", "force"}
