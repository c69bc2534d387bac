# SPDX-License-Identifier: Apache-2.0
"""The planner's values: what the cloud looks like at one instant, what is asked of it, and what is decided.

Instants and durations are whole seconds, sizes are whole numbers, a resource that is not named counts 0. Windows are
half-open. Nothing here decides anything: that is ``planner``'s. As text these values are read and written by
``snapshot``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

Size = Mapping[str, int]


def times(size: Size, count: int) -> Size:
    """So many of a size together."""
    return {resource: count * amount for resource, amount in size.items()}


@dataclass(frozen=True, slots=True)
class Rules:
    """What the policy comes to for one decision: notice with its slack, guaranteed uptime, and the lead."""

    notice: int
    min_uptime: int
    lead: int


@dataclass(frozen=True, slots=True)
class Host:
    """A reservable host."""

    id: str
    cap: Size
    props: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spot:
    """A running spot instance; ``cost`` is what its eviction costs.

    ``evict_at`` is set when an earlier decision has condemned it already. ``min_uptime`` and ``notice`` are its own if
    they are set: they count as far as they are shorter than the rules'.
    """

    id: str
    host: str
    size: Size
    launched_at: int
    cost: int = 0
    evict_at: int | None = None
    min_uptime: int | None = None
    notice: int | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """A claim on one host that was accepted before; without a size it holds the whole host."""

    id: str
    host: str
    start: int
    end: int
    size: Size | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRequest:
    """Whole hosts: as many as possible up to ``count_max``, never fewer than ``count_min``."""

    start: int
    end: int
    count_min: int
    count_max: int
    props: Mapping[str, str] = field(default_factory=dict)
    min_cap: Size = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRequest:
    """Parts of hosts: ``count`` slots of one size.

    ``affinity`` True puts all slots on one host, False at most one on each; with None ``max_per_host`` may limit them.
    """

    start: int
    end: int
    count: int
    size: Size
    affinity: bool | None = None
    max_per_host: int | None = None
    props: Mapping[str, str] = field(default_factory=dict)
    min_cap: Size = field(default_factory=dict)


Request = HostRequest | SlotRequest


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state to decide on."""

    now: int
    rules: Rules
    hosts: tuple[Host, ...]
    spots: tuple[Spot, ...] = ()
    reservations: tuple[Reservation, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A host that is given to the request, and what that costs."""

    host: str
    slots: int
    cost: int


@dataclass(frozen=True, slots=True)
class Victim:
    """An instance to evict, when to tell it, and when to delete it."""

    id: str
    host: str
    cost: int
    notice_at: int
    evict_at: int


@dataclass(frozen=True, slots=True)
class Blocker:
    """What keeps a matching host from serving the request as asked, and until when.

    ``kind`` is ``reservation``, ``spot`` or ``room``; ``until`` is None when no waiting helps.
    """

    host: str
    kind: str
    held_by: str | None
    until: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """The answer: hosts and victims at the least cost, or the earliest start that would work and what is in the way."""

    feasible: bool
    cost: int = 0
    hosts: tuple[Choice, ...] = ()
    victims: tuple[Victim, ...] = ()
    earliest_start: int | None = None
    blockers: tuple[Blocker, ...] = ()
