# SPDX-License-Identifier: Apache-2.0
"""Which hosts give a reservation its slots: the first time, when its lease moves, and when a host fails.

As ``admission`` for whole hosts: the filter judges and the plugins decide by the same rules on the same reading of the
calendar, and whatever holds is called with ``calendar.CHANGES`` held. Raises ``Refused``.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from blazar_spot.core.booking import Candidate, Wish, left_over
from blazar_spot.core.errors import NotNow, Refused
from blazar_spot.core.model import Size
from blazar_spot.enforcement.handback import AT_ONCE
from blazar_spot.enforcement.parallel import at_once
from blazar_spot.plugins import parts
from blazar_spot.plugins.admission import LOG, Admission, Held, candidates, ids, on_offer, unreserved
from blazar_spot.plugins.asks import Ask
from blazar_spot.plugins.calendar import Reservable
from blazar_spot.wiring import Whole

_LASTS = 60
"""For so many seconds what was learnt of a host is taken for true."""


class Slots(Admission):
    """Puts requests for slots to the booking."""

    def __init__(self, whole: Whole) -> None:
        super().__init__(whole.booking, whole.clock)
        self._witnesses = whole.witnesses
        self._capacities: dict[str, Size] = {}
        self._learnt_at: dict[str, int] = {}

    def choose_slots(self, ask: Ask, *, without: str | None = None) -> list[str]:
        """The hosts' ids, one for each slot; holds nothing."""
        offered = on_offer(self._reservable(ask, without))
        return _one_each(offered, self._booking.judge(ask.wish, candidates(offered), without=without))

    def choose_first(self, ask: Ask) -> list[str]:
        """The same for what is asked for the first time: what Blazar does not know of the hosts is learnt with it."""
        found = self._found(ask, None)
        self._learn(ask, {host.candidate.host: host.candidate.capacity for host in found})
        offered = on_offer(self._completed(host) for host in found)
        return _one_each(offered, self._booking.judge(ask.wish, candidates(offered)))

    def hold_slots(self, reservation_id: str, lease_id: str, ask: Ask) -> Held:
        """Hold slots for a new reservation."""
        offered = on_offer(self._reservable(ask))
        chosen = self._booking.hold(reservation_id, lease_id, ask.wish, candidates(offered))
        return Held(reservation_id, ask.wish, tuple(chosen), tuple(_one_each(offered, chosen)))

    def secure_slots(self, held: Held) -> None:
        """Make sure that the slots can really be had, all of them, or raise ``Refused``."""
        self._booking.secure(held.reservation_id, held.wish, held.hosts)

    def judge_more(self, ask: Ask, hosts: Mapping[str, int]) -> list[str]:
        """The hosts' ids, one for each slot more, or raise ``Refused`` if there cannot be as many at once."""
        wish, offered = self._more(ask, hosts)
        with _from_others():
            return _one_each(offered, self._booking.judge(wish, candidates(offered)))

    def hold_more(self, reservation_id: str, lease_id: str, ask: Ask, hosts: Mapping[str, int]) -> Held:
        """Hold what is missing to as many slots as are asked for, from now on."""
        wish, offered = self._more(ask, hosts)
        with _from_others():
            chosen = self._booking.hold(reservation_id, lease_id, wish, candidates(offered))
        return Held(reservation_id, wish, tuple(chosen), tuple(_one_each(offered, chosen)))

    def _more(self, ask: Ask, hosts: Mapping[str, int]) -> tuple[Wish, list[Reservable]]:
        """Slots beside those that these hosts give; a host that serves the reservation already gives no more."""
        more = ask.wish.count_max - sum(hosts.values())
        wish = replace(ask.wish, start_at=self._clock.now(), count_min=more, count_max=more)
        others = [host for host in on_offer(self._reservable(ask)) if host.id not in hosts]
        return wish, [] if hosts and ask.wish.affinity else others

    def hold_others(self, reservation_id: str, lease_id: str, ask: Ask, but: Collection[str]) -> list[str]:
        """Hold slots on hosts but these, as soon as there can be any; none if there cannot. ``NotNow`` if that cannot
        be told yet.

        There is nothing to secure: a host that comes late is better than none.
        """
        offered = [host for host in on_offer(self._reservable(ask)) if host.id not in but]
        wish = replace(ask.wish, start_at=max(ask.wish.start_at, self._clock.now()))
        try:
            return _one_each(offered, self._hold_somehow(reservation_id, lease_id, wish, offered))
        except Refused as refused:
            if unknown := [host.candidate.host for host in offered if self._is_unknown(ask, host)]:
                raise NotNow(f"it is not known what {', '.join(unknown)} may have") from refused
            LOG.warning("Reservation %s gets no other host: %s", reservation_id, refused)
            return []

    def _hold_somehow(
        self, reservation_id: str, lease_id: str, wish: Wish, offered: Sequence[Reservable]
    ) -> list[Candidate]:
        """In time if it can be, else later. Only spot instances are waited for: what another reservation has for a
        while would be had by two at the same time."""
        try:
            return self._hold_if_judged(reservation_id, lease_id, wish, candidates(offered))
        except Refused:
            left = [left_over(host, wish) for host in unreserved(offered, wish)]
            return self._hold_soonest(reservation_id, lease_id, wish, left)

    def keep(self, reservation_id: str, ask: Ask, hosts: Mapping[str, int]) -> list[Candidate]:
        """The reservation's own hosts, by id with their slots, in another window: all of them, or it is refused."""
        known = {host.id: host for host in self._reservable(ask, reservation_id)}
        if not hosts.keys() <= known.keys():
            sentence = "A host of the reservation does not have any more what it asks for"
            raise Refused(f"{sentence}; code=not_enough_hosts", code="not_enough_hosts")
        wishes = [
            (replace(ask.wish, count_min=slots, count_max=slots, affinity=True), known[host].candidate)
            for host, slots in hosts.items()
        ]
        return self._booking.judge_each(wishes, without=reservation_id)

    def move(self, reservation_id: str, wish: Wish, hosts: Sequence[Candidate]) -> None:
        """Hold these hosts from an earlier start on."""
        self._booking.move(reservation_id, wish, hosts)

    def is_ahead(self, reservation_id: str, wish: Wish) -> bool:
        """Whether it would not have to be fenced yet."""
        return self._clock.now() < self._booking.fence_at(wish, without=reservation_id)

    def must_be_ahead(self, reservation_id: str, wish: Wish) -> None:
        """Refuse what would have to be fenced already."""
        if not self.is_ahead(reservation_id, wish):
            sentence = "So shortly before its start a reservation keeps its parameters"
            raise Refused(f"{sentence}; code=too_late", code="too_late")

    def learn(self, ask: Ask) -> None:
        """Ask what hosts have of the resources that Blazar has not heard of: they may be on a provider below the host's
        own. The cloud answers when it likes, so this comes before the calendar's lock; it is not asked again soon."""
        self._learn(ask, parts.known(ask.requirements))

    def _learn(self, ask: Ask, known: Mapping[str, Collection[str]]) -> None:
        now = self._clock.now()
        unknown = [
            host
            for host, resources in known.items()
            if (ask.names is None or host in ask.names)
            and not ask.size.keys() <= set(resources)
            and self._learnt_at.get(host, 0) + _LASTS <= now
        ]
        for host, usage in zip(unknown, at_once(self._witnesses.usage, unknown, AT_ONCE), strict=True):
            if usage is not None:
                self._capacities[host], self._learnt_at[host] = usage.capacity, now

    def _is_unknown(self, ask: Ask, host: Reservable) -> bool:
        """Whether the cloud has never said what the host has of something that Blazar has not heard of."""
        return host.candidate.host not in self._capacities and not ask.size.keys() <= host.candidate.capacity.keys()

    def _reservable(self, ask: Ask, without: str | None = None) -> list[Reservable]:
        return [self._completed(host) for host in self._found(ask, without)]

    def _found(self, ask: Ask, without: str | None) -> list[Reservable]:
        found = parts.hosts(
            ask.requirements, size=ask.size, is_real=ask.is_real, from_at=ask.wish.start_at, without=without
        )
        return [host for host in found if ask.names is None or host.candidate.host in ask.names]

    def _completed(self, host: Reservable) -> Reservable:
        learnt = self._capacities.get(host.candidate.host, {})
        capacity = {**learnt, **host.candidate.capacity}
        return replace(host, candidate=replace(host.candidate, capacity=capacity))


@contextmanager
def _from_others() -> Iterator[None]:
    """Say of a refusal which hosts were asked: there may be room where the reservation is already."""
    try:
        yield
    except Refused as refused:
        sentence = f"More slots of a running reservation come from hosts that do not serve it yet: {refused}"
        raise Refused(sentence, code=refused.code, earliest_start=refused.earliest_start) from None


def _one_each(offered: Sequence[Reservable], chosen: Sequence[Candidate]) -> list[str]:
    return [host for host, one in zip(ids(offered, chosen), chosen, strict=True) for _ in range(one.slots)]
