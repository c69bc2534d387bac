# SPDX-License-Identifier: Apache-2.0
"""Parts of hosts are let in side by side, and the cloud's slowness holds nobody up for longer than the budget."""

import threading
from collections.abc import Sequence

from blazar_spot.core.booking import Candidate
from blazar_spot.enforcement.admittance import Admittance, Furnish
from blazar_spot.enforcement.assembly import assemble
from blazar_spot.testing.lab import Lab
from blazar_spot.testing.things import FakeAggregate

HALF = {"CUSTOM_GPU": 4}
LONG = 30.0


class Scene:
    """A reservation of slots on several hosts that starts now."""

    def __init__(self, hosts: int) -> None:
        self.lab = Lab(hosts=hosts)
        self.chosen = self.lab.book_slots("r1", self.lab.clock.now(), hosts, HALF, affinity=False)
        self.aggregate: FakeAggregate = self.lab.cloud.add_aggregate("r1")

    def gate(self, furnish: Furnish, budget: int = 1) -> Admittance:
        lab = self.lab
        whole = assemble(lab.store, lab.cloud, lab.cloud, lab.clock, lab.policy, handover_budget=budget)
        return whole.admittance(furnish)

    def late(self, gate: Admittance, hosts: Sequence[Candidate] | None = None) -> list[str]:
        """The names of those that are late."""
        late = gate.hand_over("r1", self.aggregate.id, self.chosen if hosts is None else hosts)
        return [host.host for host in late]


def let_everybody_finish() -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("ThreadPoolExecutor"):
            thread.join(LONG)


def test_several_hosts_are_furnished_at_the_same_time() -> None:
    scene = Scene(hosts=3)
    together = threading.Barrier(3)

    def furnish(reservation_id: str, host: Candidate, is_shut: threading.Event) -> bool:
        together.wait(LONG)
        return True

    assert scene.late(scene.gate(furnish, budget=60)) == []
    assert sorted(scene.aggregate.hosts) == ["host01", "host02", "host03"]


def test_who_does_not_answer_is_not_waited_for_beyond_the_budget_and_joins_later() -> None:
    scene = Scene(hosts=3)
    answers, answered = threading.Event(), list[str]()

    def furnish(reservation_id: str, host: Candidate, is_shut: threading.Event) -> bool:
        is_furnished = host.host != "host02" or answers.wait(LONG)
        answered.append(host.host)
        return is_furnished

    gate = scene.gate(furnish)
    assert scene.late(gate) == ["host02"]
    assert sorted(answered) == ["host01", "host03"]
    assert sorted(scene.aggregate.hosts) == ["host01", "host03"]
    answers.set()
    let_everybody_finish()
    assert sorted(scene.aggregate.hosts) == ["host01", "host03"]
    assert scene.late(gate, gate.missing("r1", scene.chosen)) == []
    assert sorted(scene.aggregate.hosts) == ["host01", "host02", "host03"]


def test_a_host_that_was_given_up_as_late_is_not_even_furnished() -> None:
    scene = Scene(hosts=1)
    answers, furnished = threading.Event(), list[str]()
    usage = scene.lab.cloud.usage

    def slow(host: str) -> object:
        answers.wait(LONG)
        return usage(host)

    def furnish(reservation_id: str, host: Candidate, is_shut: threading.Event) -> bool:
        furnished.append(host.host)
        return True

    scene.lab.cloud.usage = slow  # type: ignore[method-assign, assignment]
    assert scene.late(scene.gate(furnish)) == ["host01"]
    answers.set()
    let_everybody_finish()
    assert furnished == []
    assert scene.aggregate.hosts == []
