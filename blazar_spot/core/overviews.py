# SPDX-License-Identifier: Apache-2.0
"""How far reservations are in getting their hosts: what their owners and operators are shown.

An *overview* is one reclaim with its claim and how many have to go for it; a *summary* puts those of one lease
together. Nothing of it is stored. Next: ``enforcement.overview`` and ``enforcement.summaries``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from blazar_spot.core.evictions import Measure
from blazar_spot.core.pages import Mark
from blazar_spot.core.promises import Claim, Reclaim
from blazar_spot.core.reclaim import ENDED, State

NOTICE = "notice"
"""What the deed is called that tells an instance of its end."""

GOING = (NOTICE, *(measure.value for measure in Measure))
"""The deeds by which an instance is known to have to go for a reclaim."""

OPEN = tuple(state for state in State if state not in ENDED)

READY = frozenset({State.READY, State.HANDED_OVER})

BY_NEED = (
    State.OVERDUE,
    State.EXPIRED,
    State.PLANNED,
    State.FENCED,
    State.NOTIFIED,
    State.EVICTING,
    State.VERIFYING,
    State.READY,
    State.HANDED_OVER,
    State.CANCELLED,
)
"""The worst comes first: who looks at a lease wants to know of the host that keeps it waiting."""


class By(StrEnum):
    """What several claims are named by."""

    ID = "id"
    LEASE = "lease_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which reclaims are asked for; None is any."""

    project_id: str | None = None
    lease_id: str | None = None
    host: str | None = None
    states: tuple[State, ...] = OPEN


@dataclass(frozen=True, slots=True)
class Told:
    """How many instances were told to go or made to go for a reclaim, and how many of them are still there."""

    ever: int = 0
    still: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted about several claims: by reclaim those that were told and the broken promises, and by host the
    spot instances that are there."""

    told: Mapping[str, Told] = field(default_factory=dict)
    breaches: Mapping[str, int] = field(default_factory=dict)
    present: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A reclaim: ``instances`` have or had to go for it, and ``to_go`` of them are still there."""

    claim: Claim
    reclaim: Reclaim
    instances: int
    to_go: int
    breaches: int

    @property
    def mark(self) -> Mark:
        return Mark(self.reclaim.start_at, self.reclaim.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All claims of one lease together."""

    lease_id: str
    lease_name: str
    project_id: str
    state: State
    hosts: int
    hosts_ready: int
    instances: int
    to_go: int
    breaches: int
    evict_at: int | None
    start_at: int
    end_at: int


def overview(claim: Claim, reclaim: Reclaim, counts: Counts) -> Overview:
    """One reclaim. For a whole host everybody has to go who is there; for a part of one it is only known of those who
    were told."""
    told = counts.told.get(reclaim.id, Told())
    to_go = 0 if reclaim.state in ENDED else told.still
    if claim.room is None and reclaim.state not in ENDED:
        to_go = counts.present.get(claim.host, 0)
    return Overview(
        claim=claim,
        reclaim=reclaim,
        instances=told.ever if reclaim.state in ENDED else told.ever - told.still + to_go,
        to_go=to_go,
        breaches=counts.breaches.get(reclaim.id, 0),
    )


def summary(several: Sequence[tuple[Claim, Reclaim | None]], counts: Counts) -> Summary:
    """The claims of one lease, of which there is one at least."""
    views = [overview(claim, reclaim, counts) for claim, reclaim in several if reclaim is not None]
    states = [State.PLANNED if reclaim is None else reclaim.state for _, reclaim in several]
    claims = [claim for claim, _ in several]
    return Summary(
        lease_id=claims[0].lease_id,
        lease_name=claims[0].lease_name,
        project_id=claims[0].project_id,
        state=min(states, key=BY_NEED.index),
        hosts=len({claim.host for claim in claims}),
        hosts_ready=len({claim.host for claim, state in zip(claims, states, strict=True) if state in READY}),
        instances=sum(one.instances for one in views),
        to_go=sum(one.to_go for one in views),
        breaches=sum(one.breaches for one in views),
        evict_at=min((one.reclaim.evict_at for one in views), default=None),
        start_at=min(claim.start_at for claim in claims),
        end_at=max(claim.end_at for claim in claims),
    )
