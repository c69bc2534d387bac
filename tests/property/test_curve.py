# SPDX-License-Identifier: Apache-2.0
"""Hosts that give many slots: the curve leaves out most numbers of slots and must not miss any that matters."""

import itertools
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from blazar_spot.core.model import Host, Rules, SlotRequest, Snapshot, Spot
from blazar_spot.core.planner import plan
from blazar_spot.core.planner.capacity import room
from blazar_spot.core.planner.curve import SlotCurve
from blazar_spot.core.planner.sites import gather
from blazar_spot.core.planner.slots import ask_of

RESOURCES = ("cpus", "disk")


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Snapshot, SlotRequest]:
    """Instances of few sizes that leave little free, and slots that are small beside them."""
    sizes = draw(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=3))
    hosts, spots = [], []
    for number in range(draw(st.integers(1, 3))):
        here = draw(st.lists(st.sampled_from(sizes), max_size=5))
        free = draw(st.tuples(st.integers(0, 4), st.integers(0, 4)))
        caps = [extra + sum(size[dim] for size in here) for dim, extra in enumerate(free)]
        hosts.append(Host(f"h{number}", dict(zip(RESOURCES, caps, strict=True))))
        for size in here:
            cost = draw(st.sampled_from([1, 1, 2, 3, 10]) | st.integers(0, 100))
            held = dict(zip(RESOURCES, size, strict=True))
            spots.append(Spot(f"s{len(spots)}", f"h{number}", held, launched_at=0, cost=cost))
    size = draw(st.sampled_from([{"cpus": 1}, {"cpus": 1, "disk": 1}, {"cpus": 2, "disk": 1}]))
    request = SlotRequest(start=0, end=9, count=draw(st.integers(1, 60)), size=size)
    return Snapshot(0, Rules(0, 0, 0), tuple(hosts), tuple(spots)), request


def costs_of(snapshot: Snapshot, request: SlotRequest, host: Host) -> list[int]:
    """What 0, 1, 2, ... slots cost on the host, by trying every set of victims."""
    here = [spot for spot in snapshot.spots if spot.host == host.id]
    free = {name: amount - sum(spot.size[name] for spot in here) for name, amount in host.cap.items()}
    sets = [chosen for size in range(len(here) + 1) for chosen in itertools.combinations(here, size)]
    fit = [(fitting(request, free, chosen), sum(spot.cost for spot in chosen)) for chosen in sets]
    return [min(cost for slots, cost in fit if slots >= count) for count in range(min(max(fit)[0], request.count) + 1)]


def fitting(request: SlotRequest, free: dict[str, int], victims: Sequence[Spot]) -> int:
    return min((free[name] + sum(spot.size[name] for spot in victims)) // step for name, step in request.size.items())


@given(worlds())
def test_many_small_slots_cost_the_least(world: tuple[Snapshot, SlotRequest]) -> None:
    snapshot, request = world
    best: dict[int, int] = {0: 0}
    for host in snapshot.hosts:
        following: dict[int, int] = {}
        for total, paid in best.items():
            for slots, cost in enumerate(costs_of(snapshot, request, host)):
                following[total + slots] = min(following.get(total + slots, paid + cost), paid + cost)
        best = following
    found = plan(snapshot, request)
    assert found.feasible == (request.count in best)
    if found.feasible:
        assert found.cost == best[request.count]


@given(worlds())
def test_between_two_steps_the_cost_does_not_rise_and_bounds_stay_below_it(
    world: tuple[Snapshot, SlotRequest],
) -> None:
    snapshot, request = world
    for site in gather(snapshot, request):
        found = room(ask_of(snapshot, request), site, request.start)
        if found is None or found.free == found.most:
            continue
        costs = costs_of(snapshot, request, site.host)
        curve = SlotCurve(found, 1, request.count)
        assert all(curve.rate * units <= costs[curve.free + units] for units in range(1, curve.most + 1))
        curve.open()
        for step in range(1, len(curve.units)):
            first, last = curve.free + curve.units[step - 1] + 1, curve.free + curve.units[step]
            assert curve.points[step] <= costs[first] == costs[last]


def test_a_host_that_holds_more_than_it_has_is_taken_only_when_that_is_cheaper() -> None:
    # Whatever is asked of the first host, one of its instances has to go for the GPU that is not there.
    crowded = [Spot(f"a{number}", "a", {"gpus": 1, "cpus": 2}, 0, cost=10) for number in range(2)]
    full = [Spot(f"b{number}", "b", {"cpus": 1}, 0, cost=3) for number in range(4)]
    hosts = (Host("a", {"gpus": 1, "cpus": 4}), Host("b", {"cpus": 4}))
    snapshot = Snapshot(0, Rules(0, 0, 0), hosts, (*crowded, *full))
    found = [plan(snapshot, SlotRequest(start=0, end=9, count=count, size={"cpus": 1})).cost for count in range(1, 9)]
    assert found == [3, 6, 9, 12, 19, 22, 29, 32]
