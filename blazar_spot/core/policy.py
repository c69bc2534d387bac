# SPDX-License-Identifier: Apache-2.0
"""What is promised, in numbers, and the instants that follow from a reservation's start.

For a claim that starts at S:

    T (evict_at) = S - lead
    notice_at    = T - notice - notice_slack
    fence_at     = T - (min_uptime + boot_allowance)

An instance that boots before ``fence_at`` has run for ``min_uptime`` at T; one that would boot later is not scheduled
here at all. So the promise holds by construction, if the numbers do not contradict each other.
"""

from dataclasses import dataclass, fields

from blazar_spot.core.errors import ContradictoryPolicy

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Instants:
    """When the steps of one reclaim are due."""

    fence_at: int
    notice_at: int
    evict_at: int
    start_at: int

    @property
    def lead(self) -> int:
        return self.start_at - self.evict_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The operator's numbers, all in seconds unless the name says otherwise."""

    min_uptime: int = 1800
    notice: int = 900
    notice_slack: int = 60
    boot_allowance: int = 120
    lead_floor: int = 60
    delete_takes: int = 3
    delete_p99: int = 15
    shutdown_allowance: int = 0
    force_allowance: int = 30
    reset_allowance: int = 30
    parallel_deletes: int = 20
    parallel_deletes_per_host: int = 20
    spots_per_host: int = 16
    answer_allowance: int = 120
    hold_for: int = 120
    breaks_promises: bool = False
    """Whether a reservation that cannot be served otherwise is served all the same; each broken promise is on
    record."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) < 0:
                raise ContradictoryPolicy(f"{field.name} must not be negative.")
        for name in ("parallel_deletes", "parallel_deletes_per_host", "spots_per_host"):
            if getattr(self, name) < 1:
                raise ContradictoryPolicy(f"{name} must be at least 1.")
        if self.min_uptime + self.boot_allowance < self.notice + self.notice_slack:
            raise ContradictoryPolicy(
                f"min_uptime + boot_allowance ({self.min_uptime + self.boot_allowance} s) is shorter than "
                f"notice + notice_slack ({self.notice + self.notice_slack} s): an instance that boots just before "
                "a host is closed could not get its notice."
            )

    def min_uptime_of(self, own: int | None) -> int:
        """The minimum uptime of an instance whose flavor says so much: it may shorten the policy's."""
        return self.min_uptime if own is None else min(own, self.min_uptime)

    def notice_of(self, own: int | None) -> int:
        """The length of its notice, likewise."""
        return self.notice if own is None else min(own, self.notice)

    def lead(self, victims: int) -> int:
        """How long before the start the first delete must be sent so that this many are gone at the start."""
        on_one_host = min(victims, self.spots_per_host)
        rounds = max(-(-victims // self.parallel_deletes), -(-on_one_host // self.parallel_deletes_per_host))
        return max(self.lead_floor, self.shutdown_allowance + rounds * self.delete_takes + self.delete_p99)

    def lead_for_hosts(self, hosts: int) -> int:
        """The lead for as many hosts, each with as many instances as it can hold."""
        return self.lead(hosts * self.spots_per_host)

    def instants(self, start_at: int, lead: int) -> Instants:
        """The instants of a claim that starts at ``start_at``."""
        evict_at = start_at - lead
        return Instants(
            fence_at=evict_at - self.min_uptime - self.boot_allowance,
            notice_at=evict_at - self.notice - self.notice_slack,
            evict_at=evict_at,
            start_at=start_at,
        )

    def answer(self, earliest_start: int) -> int:
        """The start to tell people: time to type the command is added, then the next whole minute is taken."""
        return -(-(earliest_start + self.answer_allowance) // MINUTE) * MINUTE
