# SPDX-License-Identifier: Apache-2.0
"""Whatever boots, leaves and is reserved on shared hosts in whatever order, nobody who is let in behind a fence is in
a reservation's way.

The cloud works here, but for calls that fail for a while and processes that die; what else can go wrong is in
``test_any_history``.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from blazar_spot.core.errors import SpotError, Temporary, Unreachable
from blazar_spot.core.promises import Claim, NoticeState, Reclaim
from blazar_spot.core.reclaim import State
from blazar_spot.enforcement.assembly import assemble
from blazar_spot.testing.lab import Lab
from tests.stateful.test_crash import QUICK

NUMBERS = st.integers(min_value=0, max_value=99)
CALLS = ("pools", "usage", "consumers", "withhold", "keep", "close")


class SharedHosts(RuleBasedStateMachine):
    """Two hosts of eight GPUs, spot instances of one each, reservations of several."""

    def __init__(self) -> None:
        super().__init__()
        self.lab = Lab(hosts=2, policy=QUICK)
        self.lab.boot_and_run(5, "host01")
        self.lab.boot_and_run(2, "host02")
        self.reservations = 0
        self.was_broken_at = 0
        self.let_in: dict[str, tuple[int, str]] = {}
        self.second = assemble(self.lab.store, self.lab.cloud, self.lab.cloud, self.lab.clock, QUICK)

    # What happens

    @rule(count=st.integers(min_value=1, max_value=3))
    def boot(self, count: int) -> None:
        for server in self.lab.boot(count):
            self.lab.cloud.settle()
            for host in self.lab.cloud.hosts.values():
                if host.pool is not None and server.id in host.pool.consumers:
                    self.let_in[server.id] = self.lab.clock.now(), host.name

    @rule(number=NUMBERS)
    def delete(self, number: int) -> None:
        living = [one for one in self.lab.cloud.alive.values() if one.is_spot and not one.is_going]
        if living:
            self.lab.cloud.begin_delete(living[number % len(living)], force=False)

    @rule(number=NUMBERS, is_ready=st.booleans())
    def acknowledge(self, number: int, is_ready: bool) -> None:
        open_ones = [one for one in self.lab.store.notices if one.state is NoticeState.SCHEDULED]
        if open_ones:
            notice = open_ones[number % len(open_ones)]
            self.lab.whole.acknowledging.acknowledge(notice.id, notice.project_id, is_ready=is_ready)

    @rule(ahead=st.integers(min_value=0, max_value=300), gpus=st.integers(1, 6), slots=st.integers(1, 2))
    def book(self, ahead: int, gpus: int, slots: int) -> None:
        self.reservations += 1
        start_at = self.lab.clock.now() + ahead
        try:
            self.lab.book_slots(f"r{self.reservations}", start_at, slots, {"CUSTOM_GPU": gpus})
        except SpotError:
            pass

    @rule(ahead=st.integers(min_value=0, max_value=300))
    def book_a_whole_host(self, ahead: int) -> None:
        self.reservations += 1
        try:
            self.lab.book(f"r{self.reservations}", self.lab.clock.now() + ahead)
        except SpotError:
            pass

    @precondition(lambda self: self.lab.calendar)
    @rule(number=NUMBERS)
    def cancel(self, number: int) -> None:
        self.lab.cancel(sorted(self.lab.calendar)[number % len(self.lab.calendar)])

    @rule(seconds=st.sampled_from([1, 10, 40, 150]))
    def let_time_pass(self, seconds: int) -> None:
        for _ in range(seconds):
            try:
                self.lab.second()
            except Temporary:
                pass
            self.who_was_let_in_behind_a_fence_is_not_told_to_go_for_it()

    @rule()
    def die_and_start_again(self) -> None:
        self.lab.restarted()

    @rule()
    def let_the_second_engine_tick(self) -> None:
        try:
            self.second.engine.tick()
        except Temporary:
            pass

    @rule(call=st.sampled_from(CALLS), times=st.integers(min_value=1, max_value=5))
    def break_a_call(self, call: str, times: int) -> None:
        self.lab.cloud.fails(call, Unreachable("made up"), times=times)

    # What must hold

    @invariant()
    def who_was_let_in_behind_a_fence_is_not_told_to_go_for_it(self) -> None:
        """Only for a reservation whose fence came after the boot somebody may have to go."""
        for notice in self.lab.store.notices:
            if notice.instance_id in self.let_in and notice.decided_at == self.lab.clock.now():
                at, host = self.let_in[notice.instance_id]
                assert any(self.came_before_the_fence(one, at) for one in self.claims_on(host)), notice

    def claims_on(self, host: str) -> list[tuple[Claim, Reclaim]]:
        reclaims = {one.id: one for one in self.lab.store.reclaims}
        open_claims = [one for one in self.lab.store.claims if one.host == host and one.is_open]
        return [(claim, reclaims[claim.id]) for claim in open_claims if claim.id in reclaims]

    def came_before_the_fence(self, one: tuple[Claim, Reclaim], at: int) -> bool:
        """A pool may also be let go of for a moment by an engine that died, or could not be asked to withhold."""
        _, reclaim = one
        fenced_at = [
            deed.at for deed in self.lab.store.deeds if deed.reclaim_id == reclaim.id and deed.what == "is fenced"
        ]
        return at <= max(reclaim.fence_at, reclaim.planned_at or 0) or not fenced_at or at <= min(fenced_at)

    @invariant()
    def room_that_was_seen_stays(self) -> None:
        """From the moment a part is READY on, with all other claims settled, its room is there."""
        for host in self.lab.hosts:
            parts = [(claim, reclaim) for claim, reclaim in self.claims_on(host) if claim.room is not None]
            ready = [claim for claim, reclaim in parts if reclaim.state is State.READY]
            if len(ready) == len(self.claims_on(host)) and ready:
                room = sum(claim.room["CUSTOM_GPU"] for claim in ready if claim.room is not None)
                provider = self.lab.cloud.hosts[host].own
                used = sum(one.get("CUSTOM_GPU", 0) for one in provider.consumers.values())
                assert used + room <= provider.totals["CUSTOM_GPU"]


TestSharedHosts = SharedHosts.TestCase
TestSharedHosts.settings = settings(
    max_examples=settings.default.max_examples,
    stateful_step_count=40,
    deadline=None,
)
