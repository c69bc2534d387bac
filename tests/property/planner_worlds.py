# SPDX-License-Identifier: Apache-2.0
"""Small worlds for the planner: a few hosts, and all that is awkward close together.

Everything happens within a few seconds, so that instants meet: notices that are just long enough, instances that are
condemned between two starts, reservations that end when another begins.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from blazar_spot.core.model import Host, HostRequest, Request, Reservation, Rules, SlotRequest, Snapshot, Spot

RESOURCES = ("cpus", "gpus", "disk")
Draw = Callable[[st.SearchStrategy[Any]], Any]


def sizes(most: int) -> st.SearchStrategy[dict[str, int]]:
    return st.dictionaries(st.sampled_from(RESOURCES), st.integers(0, most), max_size=3)


@st.composite
def hosts(draw: Draw) -> tuple[Host, ...]:
    everything = st.fixed_dictionaries(dict.fromkeys(RESOURCES, st.integers(3, 9)))
    caps = everything | everything | sizes(9)
    return tuple(
        Host(f"h{number}", draw(caps), {"model": draw(st.sampled_from("aab"))})
        for number in range(draw(st.integers(1, 4)))
    )


@st.composite
def spots(draw: Draw, host: st.SearchStrategy[str], now: int, most: int) -> tuple[Spot, ...]:
    return tuple(
        Spot(
            f"s{number}",
            draw(host),
            draw(sizes(4)),
            launched_at=now - draw(st.integers(0, 12)),
            cost=draw(st.sampled_from([0, 1, 1, 2, 3, 5, 10])),
            evict_at=draw(st.none() | st.integers(now - 2, now + 14)),
            min_uptime=draw(st.none() | st.integers(0, 9)),
            notice=draw(st.none() | st.integers(0, 6)),
        )
        for number in range(draw(st.integers(0, most)))
    )


@st.composite
def reservations(draw: Draw, host: st.SearchStrategy[str], now: int) -> tuple[Reservation, ...]:
    found = []
    for number in range(draw(st.integers(0, 5))):
        start = now + draw(st.integers(-4, 18))
        size = draw(st.none() | sizes(3))
        found.append(Reservation(f"r{number}", draw(host), start, start + draw(st.integers(1, 8)), size))
    return tuple(found)


@st.composite
def requests(draw: Draw, now: int) -> Request:
    start = now + draw(st.integers(0, 14))
    common = {
        "start": start,
        "end": start + draw(st.integers(1, 9)),
        "props": draw(st.sampled_from([{}, {}, {"model": "a"}])),
        "min_cap": draw(st.sampled_from([{}, {}, {"gpus": 3}])),
    }
    if draw(st.booleans()):
        least = draw(st.integers(1, 2))
        return HostRequest(count_min=least, count_max=least + draw(st.integers(0, 2)), **common)
    return SlotRequest(
        count=draw(st.integers(1, 5)),
        size=draw(sizes(3)),
        affinity=draw(st.sampled_from([None, None, True, False])),
        max_per_host=draw(st.sampled_from([None, None, 1, 2])),
        **common,
    )


@st.composite
def snapshots(draw: Draw, most_spots: int = 8) -> Snapshot:
    now = draw(st.integers(0, 3))
    rules = Rules(draw(st.integers(0, 5)), draw(st.integers(0, 8)), draw(st.integers(0, 3)))
    there = draw(hosts())
    host = st.sampled_from([host.id for host in there])
    return Snapshot(now, rules, there, draw(spots(host, now, most_spots)), draw(reservations(host, now)))


@st.composite
def cases(draw: Draw) -> tuple[Snapshot, Request]:
    """A state and what is asked of it."""
    snapshot = draw(snapshots())
    return snapshot, draw(requests(snapshot.now))
