# SPDX-License-Identifier: Apache-2.0
"""Who has to go for a reclaim, how far that is with each of them, and why it is them.

An instance is a victim because it was told so for this reclaim, or because it stands on a host that is wanted whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from blazar_spot.core.evictions import Eviction
from blazar_spot.core.instants import iso
from blazar_spot.core.promises import Claim, Instance, Notice, NoticeState, Reclaim


class Stage(StrEnum):
    """How far it is with a victim."""

    WAITING = "waiting"
    """It has not been told yet."""
    TOLD = "told"
    GOING = "going"
    """It is being deleted."""
    GONE = "gone"
    SPARED = "spared"
    """It does not have to go after all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Victim:
    """One instance; its notice and its eviction as far as they are of this reclaim's time."""

    instance: Instance
    notice: Notice | None
    stage: Stage
    gone_at: int | None
    why: str


def victim(
    claim: Claim, reclaim: Reclaim, instance: Instance, notices: Iterable[Notice], eviction: Eviction | None
) -> Victim:
    """What this reclaim means for the instance, by all notices that the instance got, the first one first."""
    told = [one for one in notices if one.host == reclaim.host and one.decided_at <= claim.end_at]
    notice = told[-1] if told else None
    sent = eviction if eviction is not None and eviction.host == reclaim.host else None
    gone_at = _gone_at(reclaim, instance, sent)
    stage = _stage(notice, sent, gone_at)
    why = " ".join([_reason(claim, reclaim), _said(stage, reclaim, notice, gone_at)])
    return Victim(instance=instance, notice=notice, stage=stage, gone_at=gone_at, why=why)


def _gone_at(reclaim: Reclaim, instance: Instance, eviction: Eviction | None) -> int | None:
    if eviction is not None:
        return eviction.gone_at
    return instance.gone_at if instance.host == reclaim.host else None


def _stage(notice: Notice | None, eviction: Eviction | None, gone_at: int | None) -> Stage:
    if gone_at is not None:
        return Stage.GONE
    if eviction is not None:
        return Stage.GOING
    if notice is None:
        return Stage.WAITING
    return Stage.SPARED if notice.state is NoticeState.WITHDRAWN else Stage.TOLD


def _reason(claim: Claim, reclaim: Reclaim) -> str:
    start = iso(reclaim.start_at)
    if claim.is_drain:
        return f"An operator drains the host, which is to be empty from {start} on."
    if claim.room is None:
        return f"The reservation has the whole host from {start}, so nobody else may stay there."
    return f"From {start} the host lacks room for the reservation, and of all who could make some this costs the least."


def _said(stage: Stage, reclaim: Reclaim, notice: Notice | None, gone_at: int | None) -> str:
    if stage is Stage.WAITING or notice is None:
        return f"It is told from {iso(reclaim.notice_at)} on." if gone_at is None else f"It was gone at {iso(gone_at)}."
    told = f"It was told at {iso(notice.decided_at)} that it may run until {iso(notice.deadline_at)}"
    if notice.ready_at is not None:
        told += ", and its holder lets it go before that"
    match stage:
        case Stage.SPARED:
            return f"{told}, which was withdrawn."
        case Stage.GONE:
            return f"{told}. It was gone at {iso(gone_at or 0)}."
        case Stage.GOING:
            return f"{told}. It is being deleted."
    return f"{told}."
