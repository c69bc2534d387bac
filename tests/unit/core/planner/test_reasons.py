# SPDX-License-Identifier: Apache-2.0
"""Everything gets a reason, and the reason is the true one."""

from dataclasses import replace

from blazar_spot.core.model import Host, HostRequest, Request, Reservation, Rules, SlotRequest, Snapshot, Spot
from blazar_spot.core.planner import plan
from blazar_spot.core.planner.reasons import explain, table

HOSTS = (
    Host("cheap", {"gpus": 8}),
    Host("dear", {"gpus": 8}),
    Host("other", {"gpus": 8}, {"model": "V100"}),
    Host("reserved", {"gpus": 8}),
    Host("small", {"gpus": 2}),
    Host("young", {"gpus": 8}),
)
SPOTS = (
    Spot("s1", "cheap", {"gpus": 4}, -9999, 5),
    Spot("s2", "cheap", {"gpus": 4}, -9999, 6),
    Spot("s3", "dear", {"gpus": 8}, -9999, 50),
    Spot("s4", "young", {"gpus": 8}, -1, 1),
    Spot("s5", "cheap", {}, -9999, 6, evict_at=10),
    Spot("s6", "cheap", {}, -1, 6),
)
WORLD = Snapshot(0, Rules(900, 1800, 60), HOSTS, SPOTS, (Reservation("r", "reserved", 0, 5000),))
PART = SlotRequest(start=1000, end=2000, count=4, size={"gpus": 1}, affinity=True, min_cap={})
WHOLE = HostRequest(start=1000, end=2000, count_min=1, count_max=1, min_cap={"gpus": 4})


def codes(snapshot: Snapshot, request: Request) -> dict[str, str]:
    return {reason.id: reason.code for reason in explain(snapshot, request, plan(snapshot, request))}


def test_reasons_for_parts_of_hosts() -> None:
    world = replace(WORLD, hosts=tuple(replace(host, props=host.props or {"model": "A100"}) for host in HOSTS))
    assert codes(world, replace(PART, props={"model": "A100"})) == {
        "cheap": "chosen",
        "dear": "dearer",
        "other": "other_kind",
        "reserved": "reserved",
        "small": "no_room",
        "young": "promised",
        "s1": "victim",
        "s2": "spared",
        "s3": "spared_host",
        "s4": "spared_host",
        "s5": "condemned",
        "s6": "promised",
    }


def test_reasons_for_whole_hosts() -> None:
    world = replace(WORLD, spots=SPOTS[:4])
    found = codes(world, WHOLE)
    assert found["other"] == "chosen"
    assert (found["cheap"], found["small"], found["young"]) == ("dearer", "too_small", "promised")


def test_a_refusal_says_which_hosts_could_have_been_taken() -> None:
    found = codes(replace(WORLD, spots=SPOTS[:4]), replace(WHOLE, count_min=5, count_max=5))
    assert (found["cheap"], found["reserved"], found["s1"]) == ("not_enough", "reserved", "spared_host")


def test_the_table_has_a_line_for_everything() -> None:
    lines = list(table(explain(WORLD, PART, plan(WORLD, PART))))
    assert len(lines) == len(HOSTS) + len(SPOTS)
    assert "reserved is held by reservation r until 5000." in "\n".join(lines)
