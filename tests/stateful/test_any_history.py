# SPDX-License-Identifier: Apache-2.0
"""Whatever tenants, people with leases, the cloud and the machine do in whatever order, the promises hold.

Hypothesis makes up histories on a small cloud: boots, deletes, rebuilds, rescues, moves; leases that are booked,
moved, deleted and rolled back; hosts that are closed, drained and opened, instances that are interrupted; calls that
fail, or succeed and fail to say so; clocks that jump, a second engine,
processes that die. After every step the promises are checked, and now and then everything is left to settle.
"""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from blazar_spot.core.booking import Candidate, Wish
from blazar_spot.core.errors import NotFound, NotNow, SpotError, Temporary, Unreachable
from blazar_spot.core.fences import CLOSED, OPEN, claimed, fences
from blazar_spot.core.interruptions import Order, known_to_reclaims
from blazar_spot.core.notice import KEYS, TERMINATION_KEY
from blazar_spot.core.outbox import LONGEST_WAIT_SECONDS
from blazar_spot.core.promises import Notice, NoticeState, Purpose, Standing
from blazar_spot.core.reclaim import ENDED, State
from blazar_spot.core.terms import MIN_UPTIME, NOTICE
from blazar_spot.enforcement.assembly import assemble
from blazar_spot.enforcement.post import Post
from blazar_spot.enforcement.publishing import Entry
from blazar_spot.testing.channel import FakeChannel
from blazar_spot.testing.lab import SPOT, Lab
from blazar_spot.testing.things import FakeServer
from tests.stateful.test_crash import QUICK

READS = (
    "spot_servers",
    "spot_changes",
    "servers_on",
    "consumers",
    "usage",
    "pools",
    "revisions",
    "server",
    "moves_from",
    "last_deletion",
)
WRITES = ("write_metadata", "remove_metadata", "delete", "close", "withhold", "keep", "confirm_move")
TIMES = st.integers(min_value=1, max_value=30)
REAPER = 60
NUMBERS = st.integers(min_value=0, max_value=99)
HOSTS = st.sampled_from(["host01", "host02"])


LATE = 1 << 40
OF_THEIR_OWN = {
    "preemptible-short": {MIN_UPTIME: "0", NOTICE: f"{QUICK.notice // 2}s"},
    "preemptible-long": {MIN_UPTIME: "1h", NOTICE: "junk"},
}
"""Flavors that promise less than the policy, and that try to promise more."""


def uptime_of(server: FakeServer) -> int:
    return 0 if server.flavor.name == "preemptible-short" else QUICK.min_uptime


def notice_of(server: FakeServer) -> int:
    return QUICK.notice // 2 if server.flavor.name == "preemptible-short" else QUICK.notice


def ids_of(notices: dict[str, Notice]) -> set[str]:
    return {notice.id for notice in notices.values()}


def due_of(booked: list[Entry]) -> list[int]:
    """The instants at which something is due for a reservation."""
    start_at = booked[0].start_at
    instants = QUICK.instants(start_at, QUICK.lead_for_hosts(len(booked)))
    return [instants.fence_at, instants.notice_at, instants.evict_at, start_at]


class AnyHistory(RuleBasedStateMachine):
    """Two hosts, spot instances, leases, and everything that can go wrong; pools are swept on every tick."""

    sweep_seconds = 0

    def __init__(self) -> None:
        super().__init__()
        self.lab = Lab(hosts=2, policy=QUICK, channels=["bus"], reaper_seconds=REAPER, sweep_seconds=self.sweep_seconds)
        self.lab.cloud.reaps_after = REAPER - 5
        self.channel = FakeChannel()
        for name, specs in OF_THEIR_OWN.items():
            flavor = replace(SPOT, name=name, extra_specs={**SPOT.extra_specs, **specs})
            self.lab.cloud.add_flavor(flavor, preemptible=True, enrolled=True)
        self.lab.boot_and_run(2, "host01")
        self.lab.boot_and_run(1, "host02")
        self.leases = 0
        self.first_active: dict[str, int] = {}
        self.deadlines: dict[str, int] = {}
        self.has_no_promise: set[str] = set()
        self.was_unchangeable: set[str] = set()
        self.own_orders: set[str] = set()
        self.checked = 0
        self.document: tuple[int, list[Notice]] = (0, [])
        lab, ports = self.lab, (self.lab.store, self.lab.cloud, self.lab.cloud)
        self.second = assemble(*ports, lab.clock, QUICK, channels=lab.channels, reaper_seconds=REAPER)

    def servers(self, *states: str) -> list[FakeServer]:
        living = (server for server in self.lab.cloud.alive.values() if server.is_spot and not server.is_going)
        return [server for server in living if server.status in states]

    def pick(self, number: int, *states: str) -> FakeServer | None:
        found = self.servers(*states)
        return found[number % len(found)] if found else None

    @property
    def ordered(self) -> list[int]:
        """The instants at which something is due that was ordered."""
        drains = {claim.id for claim in self.lab.store.claims if claim.is_drain and claim.is_open}
        notices = [one.deadline_at for one in self.lab.store.notices if one.purpose is not Purpose.RECLAIM]
        reclaims = [one for one in self.lab.store.reclaims if one.id in drains]
        return notices + [at for one in reclaims for at in (one.fence_at, one.notice_at, one.evict_at, one.start_at)]

    def tick(self) -> None:
        lab = self.lab
        self.see()
        was_broken = self.is_anything_broken
        try:
            lab.whole.publishing.publish([one for booked in lab.calendar.values() for one in booked], frozenset())
            lab.whole.engine.tick()
        except Temporary:
            return
        if not was_broken:
            self.everybody_who_is_due_was_told_and_nobody_else()

    @property
    def is_anything_broken(self) -> bool:
        return any(self.lab.cloud.is_failing(call) for call in READS + WRITES)

    def everybody_who_is_due_was_told_and_nobody_else(self) -> None:
        """What must hold after each tick that could do its work: notices are there when their instant has come, say
        what the rules say, can be read wherever metadata may change, and are withdrawn when nothing wants them."""
        now = self.lab.clock.now()
        firm = {claim.id for claim in self.lab.store.claims if claim.standing is Standing.FIRM and now < claim.end_at}
        parts = {claim.id for claim in self.lab.store.claims if claim.room is not None}
        fenced = {one.host for one in self.lab.store.reclaims if one.state not in ENDED and one.fence_at <= now}
        notices = {one.instance_id: one for one in self.lab.store.notices if one.state is NoticeState.SCHEDULED}
        for reclaim in self.lab.store.reclaims:
            if reclaim.state in ENDED or reclaim.id not in firm:
                continue
            assert reclaim.notice_at == reclaim.start_at - reclaim.lead - QUICK.notice - QUICK.notice_slack
            # A host that was seen clean is looked at now and then: who comes past its pool is found a little later.
            is_watched = reclaim.id not in parts and reclaim.state is not State.READY
            if now >= reclaim.notice_at and is_watched and self.lab.cloud.closed()[reclaim.host]:
                told = {one.id for one in self.running_on(reclaim.host)}
                real = known_to_reclaims(notices.values(), now)
                assert told <= {one for one, notice in real.items() if notice.given_at is not None}
        for server in self.servers("ACTIVE"):
            notice = notices.get(server.id)
            if notice is None:
                assert not server.metadata.keys() & set(KEYS)
                continue
            assert notice.purpose is not Purpose.RECLAIM or server.host in fenced
            assert notice.purpose is not Purpose.REHEARSAL or now < notice.deadline_at
            if server.id not in self.was_unchangeable and self.deadlines.get(notice.id) == notice.deadline_at:
                assert server.metadata[TERMINATION_KEY] == str(notice.deadline_at)
            if notice.id not in self.deadlines and now == notice.decided_at:
                self.first_deadline_is_what_the_rules_say(server, notice)

    def first_deadline_is_what_the_rules_say(self, server: FakeServer, notice: Notice) -> None:
        """Not earlier than promised, and not later than needed either. A rehearsal promises nothing, and nor does what
        somebody orders for an instance of their own."""
        if notice.purpose is Purpose.REHEARSAL or notice.id in self.own_orders:
            return
        reclaims = [one for one in self.lab.store.reclaims if one.host == server.host and one.state not in ENDED]
        since = min(self.first_active.get(server.id, LATE), server.created_at + QUICK.boot_allowance)
        promised = max(since + uptime_of(server), notice.decided_at + notice_of(server))
        assert notice.deadline_at >= promised
        if notice.purpose is Purpose.INTERRUPTION:
            return
        latest = max(promised, notice.given_at + notice_of(server) if notice.given_at else 0)
        assert any(notice.deadline_at <= max(one.evict_at, latest) for one in reclaims)

    def running_on(self, host: str) -> list[FakeServer]:
        """Those that have been on the host for so long that a tick has seen them."""
        return [one for one in self.servers("ACTIVE", "RESCUED") if one.host == host and one.id in self.first_active]

    # What tenants do

    @rule(flavor=st.sampled_from([SPOT.name, SPOT.name, *OF_THEIR_OWN]))
    def boot(self, flavor: str) -> None:
        self.lab.cloud.boot(flavor)

    @rule()
    def boot_outside_the_pools(self) -> None:
        """Nothing keeps it off a host but the host being full: its flavor is too new to have been enrolled."""
        self.lab.cloud.add_flavor(replace(SPOT, name="preemptible-new"), preemptible=True)
        self.lab.cloud.boot("preemptible-new")

    @rule(number=NUMBERS, soft=st.booleans())
    def delete(self, number: int, soft: bool) -> None:
        if server := self.pick(number, "ACTIVE", "RESCUED", "BUILD"):
            self.has_no_promise.add(server.id)
            self.lab.cloud.soft_delete = soft
            self.lab.cloud.begin_delete(server, force=False)
            self.lab.cloud.soft_delete = False

    @rule(number=NUMBERS)
    def delete_while_the_host_is_taken_for_down(self, number: int) -> None:
        """Nova forgets the server, and the guest runs on. Of one that the engine was never told of nobody knows."""
        server = self.pick(number, "ACTIVE", "RESCUED")
        known = {one.id: one.host for one in self.lab.store.instances}
        if server and known.get(server.id) == server.host:
            self.has_no_promise.add(server.id)
            self.lab.cloud.deletes_rows_alone = True
            self.lab.cloud.begin_delete(server, force=False)
            self.lab.cloud.deletes_rows_alone = False

    @rule(lies=st.booleans())
    def let_deletes_be_of_rows_alone(self, lies: bool) -> None:
        """Until this is over the cloud accepts deletes and takes the rows alone."""
        self.lab.cloud.deletes_rows_alone = lies

    @rule(number=NUMBERS, is_ready=st.booleans())
    def acknowledge(self, number: int, is_ready: bool) -> None:
        open_ones = [one for one in self.lab.store.notices if one.state is NoticeState.SCHEDULED]
        if open_ones:
            notice = open_ones[number % len(open_ones)]
            self.lab.whole.acknowledging.acknowledge(notice.id, notice.project_id, is_ready=is_ready)

    @rule(number=NUMBERS)
    def rebuild(self, number: int) -> None:
        if server := self.pick(number, "ACTIVE"):
            server.launched_at = self.lab.clock.now()

    @rule(number=NUMBERS)
    def rescue_or_unrescue(self, number: int) -> None:
        if server := self.pick(number, "ACTIVE", "RESCUED"):
            self.was_unchangeable.add(server.id)
            server.status = "RESCUED" if server.status == "ACTIVE" else "ACTIVE"
            server.launched_at = self.lab.clock.now()

    @rule(number=NUMBERS)
    def resize(self, number: int) -> None:
        """The scheduler moves nobody to a host whose pool is closed, nor to one of a reservation."""
        server = self.pick(number, "ACTIVE")
        free = self.lab.cloud.freepool.hosts
        targets = [host for host, is_closed in self.lab.cloud.closed().items() if host in free and not is_closed]
        if server and server.host and targets and server.host != targets[0]:
            self.lab.cloud.migrate(server.id, targets[0])

    # What operators and holders order

    @rule(host=HOSTS)
    def close(self, host: str) -> None:
        try:
            self.lab.whole.closing.close(host, "")
        except SpotError:
            pass

    @rule(host=HOSTS, ahead=st.none() | st.integers(min_value=0, max_value=300))
    def drain(self, host: str, ahead: int | None) -> None:
        try:
            self.lab.whole.draining.drain(host, None if ahead is None else self.lab.clock.now() + ahead, "")
        except SpotError:
            pass

    @rule(host=HOSTS)
    def open(self, host: str) -> None:
        """That its notices are withdrawn is seen after the next tick."""
        try:
            self.lab.whole.closing.open(host)
        except NotFound:
            pass

    @rule(
        number=NUMBERS,
        seconds=st.none() | st.integers(min_value=1, max_value=120),
        evicts=st.booleans(),
        is_own=st.booleans(),
    )
    def interrupt(self, number: int, seconds: int | None, evicts: bool, is_own: bool) -> None:
        server = self.pick(number, "ACTIVE", "RESCUED", "BUILD")
        running = {one.instance_id: one for one in self.lab.store.notices if one.state is NoticeState.SCHEDULED}
        if server is None:
            return
        try:
            order = Order(seconds=seconds, evicts=evicts, is_own=is_own)
            notice = self.lab.whole.interrupting.interrupt(server.id, order)
        except SpotError:
            assert running == {one.instance_id: one for one in self.lab.store.notices if one.id in ids_of(running)}
            return
        assert server.id not in running
        if evicts and is_own:
            self.own_orders.add(notice.id)
        self.first_deadline_is_what_the_rules_say(server, notice)

    # What people with leases do

    @rule(ahead=st.integers(min_value=0, max_value=300), hosts=st.integers(min_value=1, max_value=2))
    def book(self, ahead: int, hosts: int) -> None:
        self.leases += 1
        try:
            self.lab.book(f"r{self.leases}", self.lab.clock.now() + ahead, hosts=hosts)
        except SpotError:
            pass

    @rule(ahead=st.integers(min_value=0, max_value=300), gpus=st.integers(min_value=1, max_value=4))
    def book_slots(self, ahead: int, gpus: int) -> None:
        self.leases += 1
        try:
            self.lab.book_slots(f"r{self.leases}", self.lab.clock.now() + ahead, 2, {"CUSTOM_GPU": gpus})
        except SpotError:
            pass

    @rule(ahead=st.integers(min_value=0, max_value=300))
    def book_and_roll_back(self, ahead: int) -> None:
        self.leases += 1
        start = self.lab.clock.now() + ahead
        wish = Wish(start_at=start, end_at=start + 3600, count_min=1, count_max=1)
        try:
            self.lab.whole.booking.hold(f"r{self.leases}", "lease", wish, self.lab.candidates())
        except SpotError:
            pass

    @precondition(lambda self: self.lab.calendar)
    @rule(number=NUMBERS, by=st.integers(min_value=-100, max_value=300))
    def move(self, number: int, by: int) -> None:
        name = sorted(self.lab.calendar)[number % len(self.lab.calendar)]
        start = max(self.lab.calendar[name][0].start_at + by, self.lab.clock.now())
        self.lab.move(name, start)

    @precondition(lambda self: self.lab.calendar)
    @rule(number=NUMBERS)
    def shrink_or_cancel(self, number: int) -> None:
        name = sorted(self.lab.calendar)[number % len(self.lab.calendar)]
        self.lab.calendar[name].pop()
        if not self.lab.calendar[name]:
            self.lab.cancel(name)

    @precondition(lambda self: self.lab.calendar)
    @rule(number=NUMBERS)
    def heal(self, number: int) -> None:
        """The host of a reservation is replaced by one that nobody else has then, as if it had failed."""
        name = sorted(self.lab.calendar)[number % len(self.lab.calendar)]
        if self.lab.calendar[name][0].start_at <= self.lab.clock.now():
            return
        failed = self.lab.calendar[name][0]
        taken = {
            entry.host
            for booked in self.lab.calendar.values()
            for entry in booked
            if entry.start_at < failed.end_at and failed.start_at < entry.end_at
        }
        for host in set(self.lab.hosts) - taken:
            self.lab.calendar[name][0] = replace(failed, host=host, service_host=host)

    @rule()
    def hand_over(self) -> None:
        for name, booked in list(self.lab.calendar.items()):
            if booked[0].start_at <= self.lab.clock.now():
                aggregate = self.lab.cloud.add_aggregate(name, zone=f"zone-{name}")
                try:
                    hosts = [Candidate(entry.host, entry.service_host) for entry in booked]
                    missing = self.lab.whole.handover.missing(name, hosts)
                    if booked[0].room is None:
                        self.lab.whole.handover.hand_over(name, aggregate.id, missing)
                    else:
                        aggregate.zone = None
                        self.lab.admit(name, aggregate, missing)
                except SpotError:
                    pass

    # What the machine and the cloud do

    @rule(seconds=st.sampled_from([1, 10, 40, 150]))
    def let_time_pass(self, seconds: int) -> None:
        for _ in range(seconds):
            self.lab.clock.advance(1)
            self.tick()

    @precondition(lambda self: self.lab.calendar or self.ordered)
    @rule(number=NUMBERS, seconds=st.sampled_from([-1, 0, 1]), is_healed=st.booleans())
    def live_until_something_is_due(self, number: int, seconds: int, is_healed: bool) -> None:
        """Most that can go wrong goes wrong within a second of an instant that matters."""
        for call in READS + WRITES if is_healed else ():
            self.lab.cloud.heals(call)
        booked = [instant for one in self.lab.calendar.values() for instant in due_of(one)]
        due = sorted(instant + seconds for instant in (*booked, *self.ordered))
        ahead = [instant for instant in due if self.lab.clock.now() < instant <= self.lab.clock.now() + 200]
        if ahead:
            until = ahead[number % len(ahead)]
            while self.lab.clock.now() < until:
                self.let_time_pass(1)

    @precondition(lambda self: self.lab.calendar)
    @rule(number=NUMBERS, late_for=st.sampled_from(["nothing", "fence", "notice"]), lies=st.booleans())
    def live_through_a_reclaim(self, number: int, late_for: str, lies: bool) -> None:
        """All works until its host is handed over, but the engine may miss an instant, and deletes may be of rows
        alone. People boot meanwhile."""
        name = sorted(self.lab.calendar)[number % len(self.lab.calendar)]
        fence_at, notice_at, _, start_at = due_of(self.lab.calendar[name])
        if not self.lab.clock.now() < notice_at <= self.lab.clock.now() + 300:
            return
        for call in READS + WRITES:
            self.lab.cloud.heals(call)
        for due, instant in (("fence", fence_at), ("notice", notice_at)):
            while self.lab.clock.now() < instant - 1:
                self.let_time_pass(1)
            self.lab.boot()
            if due == late_for:
                self.lab.clock.advance(12)
                self.lab.boot()
        self.lab.cloud.deletes_rows_alone = lies
        while self.lab.clock.now() <= start_at:
            self.let_time_pass(1)
            self.nobody_is_evicted_before_notice_and_uptime_have_run()
        self.lab.cloud.deletes_rows_alone = False
        self.hand_over()

    @rule(seconds=st.integers(min_value=1, max_value=60))
    def jump_ahead(self, seconds: int) -> None:
        self.lab.clock.advance(seconds)
        self.tick()

    @rule(
        host=st.sampled_from(["host01", "host02"]),
        change=st.sampled_from(
            [{"is_closed": True}, {"is_closed": False}, {"withheld": {}}, {"totals": {"VCPU": 1}}, {}]
        ),
    )
    def meddle_with_a_pool(self, host: str, change: dict[str, object]) -> None:
        """Somebody edits a pool by hand, or deletes it, which is refused while it is in use."""
        pool = self.lab.cloud.hosts[host].pool
        if pool is None:
            return
        for name, value in change.items():
            setattr(pool, name, value)
        pool.generation += 1
        if not change and not pool.consumers:
            self.lab.cloud.hosts[host].pool = None

    @rule(host=st.sampled_from(["host01", "host02"]), gpus=st.integers(min_value=4, max_value=12))
    def give_a_host_other_gpus(self, host: str, gpus: int) -> None:
        own = self.lab.cloud.hosts[host].own
        own.totals = {**own.totals, "CUSTOM_GPU": gpus}

    @rule()
    def die_and_start_again(self) -> None:
        self.lab.restarted()

    @rule()
    def let_the_second_engine_tick(self) -> None:
        try:
            self.second.engine.tick()
        except Temporary:
            pass

    @rule(call=st.sampled_from(READS), error=st.sampled_from([Unreachable, NotNow]), times=TIMES)
    def break_a_read(self, call: str, error: type[SpotError], times: int) -> None:
        self.lab.cloud.fails(call, error("made up"), times=times)

    @rule(
        call=st.sampled_from(WRITES),
        error=st.sampled_from([Unreachable, NotNow, NotFound]),
        times=TIMES,
        lost=st.booleans(),
    )
    def break_a_write(self, call: str, error: type[SpotError], times: int, lost: bool) -> None:
        self.lab.cloud.fails(call, error("made up"), times=times, is_answer_lost=lost)

    @rule(times=st.integers(min_value=1, max_value=3), is_away=st.booleans())
    def carry_letters(self, times: int, is_away: bool) -> None:
        """Somebody carries letters, perhaps to a channel that does not take them, as any engine that comes along."""
        self.channel.failure = Unreachable("made up") if is_away else None
        for _ in range(times):
            Post(self.lab.store, "bus", self.channel, self.lab.clock).carry()

    @rule(
        delete_takes=st.sampled_from([0, 3, 8]), outlives=st.sampled_from([0, 1, 10]), builds=st.sampled_from([3, 20])
    )
    def change_the_speed(self, delete_takes: int, outlives: int, builds: int) -> None:
        cloud = self.lab.cloud
        cloud.delete_takes, cloud.row_outlives_allocation_by, cloud.build_takes = delete_takes, outlives, builds

    @rule()
    def settle(self) -> None:
        """When everything works again, fences are what is wanted as a whole, and looking again changes nothing."""
        for call in READS + WRITES:
            self.lab.cloud.heals(call)
        self.let_time_pass(2 * self.sweep_seconds)
        for _ in range(8):
            self.tick()
        before = (self.lab.store.writes, len(self.lab.cloud.writes))
        self.tick()
        assert (self.lab.store.writes, len(self.lab.cloud.writes)) == before
        with self.lab.store.begin() as work:
            claims, reclaims = work.open_claims(), work.reclaims_of_open_claims()
            closed = dict.fromkeys((one.id for one in work.closures()), CLOSED)
        spots = [one for one in self.lab.cloud.alive.values() if one.host is not None]
        unpooled = [(str(one.host), one.unpooled) for one in spots if one.unpooled]
        wanted = fences(claimed(claims, reclaims, self.lab.clock.now()) | closed, frozenset(), unpooled)
        for name, host in self.lab.cloud.hosts.items():
            totals = host.own.totals
            fence = wanted.get(name, OPEN).at(totals, totals)
            withheld = {one: fence.of(one, total) for one, total in totals.items() if fence.of(one, total)}
            if name not in self.lab.cloud.freepool.hosts and host.pool is None:
                continue  # a host that no reservation gives back has its pool again when it comes home
            assert host.pool is not None
            assert host.pool.state == (totals, fence.is_closed, withheld)
        starts = {claim.id: claim.start_at for claim in claims}
        ended = (State.HANDED_OVER, State.EXPIRED)
        assert all(one.start_at == starts[one.id] for one in reclaims if one.state not in ended)

    @rule()
    def hear_all_news(self) -> None:
        """When the channel takes letters again, every revision of every notice was told, in order and once."""
        self.channel.failure = None
        patience = 2 * LONGEST_WAIT_SECONDS
        while self.lab.store.letters and patience:
            self.let_time_pass(1)
            Post(self.lab.store, "bus", self.channel, self.lab.clock).carry()
            patience -= 1
        told: dict[str, list[int]] = {}
        for event in self.channel.sent:
            told.setdefault(event.incident, []).append(event.revision)
        assert not self.lab.store.letters
        assert told == {one.id: list(range(1, one.revision + 1)) for one in self.lab.store.notices}

    # What must hold

    def see(self) -> None:
        self.lab.cloud.settle()
        for server in self.lab.cloud.alive.values():
            if server.launched_at is not None:
                self.first_active.setdefault(server.id, server.launched_at)

    @invariant()
    def nobody_is_evicted_before_notice_and_uptime_have_run(self) -> None:
        self.see()
        broken = {breach.subject for breach in self.lab.store.breaches}
        for write in self.lab.cloud.writes[self.checked :]:
            if write.operation != "delete":
                continue
            server = self.lab.cloud.servers[write.target]
            assert server.is_spot
            if server.id in self.has_no_promise:
                continue
            if any(self.lets_go(one, write.at) for one in self.lab.notices_of(server)):
                continue
            real = [one for one in self.lab.notices_of(server) if one.purpose is not Purpose.REHEARSAL]
            given = [one for one in real if one.given_at is not None]
            assert any(one.deadline_at <= write.at and one.given_at + notice_of(server) <= write.at for one in given)
            ran_since = self.first_active.get(server.id)
            assert server.id in broken or (ran_since is not None and ran_since + uptime_of(server) <= write.at)
        self.checked = len(self.lab.cloud.writes)

    def lets_go(self, notice: Notice, at: int) -> bool:
        """Whether its holder had said so by then, to the notice or by ordering it, and it was not withdrawn before."""
        if notice.purpose is Purpose.REHEARSAL:
            return False
        withdrawn = f"{notice.id}/{notice.revision}" if notice.state is NoticeState.WITHDRAWN else ""
        is_over = any(deed.id.endswith(withdrawn) and deed.at < at for deed in self.lab.store.deeds if withdrawn)
        is_own = notice.id in self.own_orders and notice.given_at is not None and notice.deadline_at <= at
        return (is_own or (notice.ready_at is not None and notice.ready_at <= at)) and not is_over

    @invariant()
    def a_projects_number_rises_when_its_notices_change_and_only_then(self) -> None:
        with self.lab.store.begin() as work:
            number = work.incarnations(["tenant"])["tenant"]
        shown = [replace(one, version=0) for one in self.lab.store.notices]
        before_number, before_shown = self.document
        assert number == before_number if shown == before_shown else number > before_number
        self.document = number, shown

    @invariant()
    def no_deadline_moves_earlier_and_nobody_has_two(self) -> None:
        scheduled = [one.instance_id for one in self.lab.store.notices if one.state is NoticeState.SCHEDULED]
        assert len(scheduled) == len(set(scheduled))
        for notice in self.lab.store.notices:
            assert notice.deadline_at >= self.deadlines.get(notice.id, 0)
            self.deadlines[notice.id] = notice.deadline_at

    @invariant()
    def no_host_of_a_reservation_was_handed_over_with_a_spot_instance_on_it(self) -> None:
        cloud = self.lab.cloud
        for aggregate in cloud.aggregates.values():
            if aggregate.zone:
                for host in aggregate.hosts:
                    assert not cloud.hosts[host].ghosts
                    assert not [one for one in cloud.hosts[host].rows if cloud.servers[one].is_spot]


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(
    max_examples=settings.default.max_examples,
    stateful_step_count=40,
    deadline=None,
)


class SeldomSwept(AnyHistory):
    """The same where most ticks ask for the closed pools alone, and what somebody meddles with is found by a sweep."""

    sweep_seconds = 7


TestSeldomSwept = SeldomSwept.TestCase
TestSeldomSwept.settings = TestAnyHistory.settings
