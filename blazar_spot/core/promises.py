# SPDX-License-Identifier: Apache-2.0
"""The promises that are kept in the database, as plain values.

A *claim* is a reservation's hold on one host; a *reclaim* is the life of freeing that host for it; a *notice* is the
promise to one instance of when it ends; an *instance* is what is known of a spot instance and cannot be asked again
(since when it has been running). ``version`` counts the writes of a row: 0 is a value that was never stored.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from blazar_spot.core.model import Size
from blazar_spot.core.policy import Instants
from blazar_spot.core.reclaim import State


class Standing(StrEnum):
    """How sure a claim is."""

    HELD = "held"
    FIRM = "firm"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A reservation's hold on one host from ``start_at`` to ``end_at``.

    ``room`` is what it asks for of the host, all its slots together; None is the whole host.
    ``host`` is the hypervisor's name, which is also its Placement provider's; ``service_host`` is the name of its
    nova-compute service, which aggregates know. ``project_id`` and ``lease_name`` are its lease's, empty until that was
    published.
    """

    id: str
    reservation_id: str
    lease_id: str
    host: str
    service_host: str
    start_at: int
    end_at: int
    standing: Standing
    held_until: int
    room: Size | None = None
    project_id: str = ""
    lease_name: str = ""
    version: int = 0

    @property
    def is_drain(self) -> bool:
        """Whether it is an operator's, who wants the host drained: ``reservation_id`` is the host then."""
        return not self.lease_id

    @property
    def is_open(self) -> bool:
        return self.standing in (Standing.HELD, Standing.FIRM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reclaim:
    """The life of freeing one host for one claim; it has the claim's id.

    ``planned_at`` is when its instants were decided, None if that was not written down.
    """

    id: str
    host: str
    state: State
    fence_at: int
    notice_at: int
    evict_at: int
    start_at: int
    planned_at: int | None = None
    version: int = 0

    @property
    def lead(self) -> int:
        return self.start_at - self.evict_at

    def moved_to(self, instants: Instants) -> "Reclaim":
        return replace(
            self,
            fence_at=instants.fence_at,
            notice_at=instants.notice_at,
            evict_at=instants.evict_at,
            start_at=instants.start_at,
        )


class NoticeState(StrEnum):
    """SCHEDULED is decided and perhaps not yet given; the other two are final."""

    SCHEDULED = "scheduled"
    WITHDRAWN = "withdrawn"
    TERMINATED = "terminated"


class Purpose(StrEnum):
    """What a notice is given for."""

    RECLAIM = "reclaim"
    """The instance's host is taken back."""
    REHEARSAL = "rehearsal"
    """Nothing: somebody wants to see what the instance makes of it."""
    INTERRUPTION = "interruption"
    """Somebody wants this one instance to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """When one instance ends: never moved earlier, and withdrawn if it is no longer needed.

    ``given_at`` is None until the instance could read it; only then does its length run. ``acknowledged_at`` is when
    its holder said that it is known, and ``ready_at`` when they said that the instance may go before its deadline.
    """

    id: str
    instance_id: str
    project_id: str
    host: str
    decided_at: int
    deadline_at: int
    given_at: int | None
    state: NoticeState
    revision: int = 1
    acknowledged_at: int | None = None
    ready_at: int | None = None
    purpose: Purpose = Purpose.RECLAIM
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A spot instance that was seen; ``running_since`` is None until it was ACTIVE for the first time of its run.

    While it is shelved away from its host, ``host`` is empty; when it comes back ``created_at`` is when it was seen to.

    ``gone_at`` is when its promise ended: it is gone, is being deleted, or failed before it ever ran. ``size`` is what
    it holds of its host, None if that was not written down. ``min_uptime`` and ``notice`` are what its flavor says of
    these, None if it says nothing.

    ``missed_at`` is since when nobody names it on its host any more, though it is not known to have left it, and
    ``left_at`` when that became known; both are None while it is there. ``tags`` are what its owner calls it by.
    """

    id: str
    host: str
    project_id: str
    name: str
    flavor: str
    created_at: int
    running_since: int | None
    gone_at: int | None = None
    size: Size | None = None
    min_uptime: int | None = None
    notice: int | None = None
    missed_at: int | None = None
    left_at: int | None = None
    tags: tuple[str, ...] = ()
    version: int = 0
