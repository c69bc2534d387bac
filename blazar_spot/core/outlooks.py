# SPDX-License-Identifier: Apache-2.0
"""What a spot instance has to expect, and why one has ended: what its holder is shown.

Two instants are shown and never mixed: until when it is promised to run, which never moves earlier unless a notice is
withdrawn, and until when it runs as things stand, which may move in both directions. Next: ``enforcement.outlook``,
which finds what is needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from blazar_spot.core.evictions import Eviction
from blazar_spot.core.instants import iso
from blazar_spot.core.notice import promised_until
from blazar_spot.core.pages import Mark
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Instance, Notice, NoticeState, Purpose
from blazar_spot.core.record import Breach


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which instances are asked for; None is any. Those that have ended are asked for on their own."""

    project_id: str | None = None
    flavor: str | None = None
    host: str | None = None
    has_ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """An instance and what is said to its holder; ``notice`` is the one that runs, or the last one if it has ended."""

    instance: Instance
    notice: Notice | None = None
    guaranteed_until: int | None = None
    expected_until: int | None = None
    why: str = ""

    @property
    def mark(self) -> Mark:
        return mark_of(self.instance)


def mark_of(instance: Instance) -> Mark:
    """Where it stands: those that have ended are sorted by when they did, the last one first."""
    return Mark(instance.gone_at or 0, instance.id)


def coming(instance: Instance, notice: Notice | None, evict_at: int | None, now: int, policy: Policy) -> Outlook:
    """What is coming to an instance that has not ended. ``evict_at`` is when the next reclaim of its host begins to
    delete, None if there is none. A rehearsal takes nothing from what is promised, and an order to interrupt it adds
    nothing: a reservation may be sooner."""
    is_told = notice is not None and notice.purpose is not Purpose.REHEARSAL
    guaranteed = promised_until(instance, now, policy)
    if notice and notice.purpose is Purpose.RECLAIM:
        guaranteed = notice.deadline_at
    elif notice and is_told:
        guaranteed = min(guaranteed, notice.deadline_at)
    ends = [at for at in (evict_at, notice.deadline_at if notice and is_told else None) if at is not None]
    return Outlook(
        instance=instance,
        notice=notice,
        guaranteed_until=guaranteed,
        expected_until=max(min(ends), guaranteed) if ends else None,
    )


def ended(instance: Instance, notice: Notice | None, eviction: Eviction | None, breaches: Sequence[Breach]) -> Outlook:
    """What there is to say of one that has ended, by its last notice, its eviction and the promises broken to it."""
    sentences = [_end(eviction, notice), *_told(notice), *_broken(breaches)]
    return Outlook(instance=instance, notice=notice, why=" ".join(sentences))


def _end(eviction: Eviction | None, notice: Notice | None) -> str:
    if eviction is None:
        return "It was deleted by its owner or has failed: nobody else made it go."
    if notice and notice.purpose is Purpose.INTERRUPTION:
        return f"Somebody had ordered to interrupt it: it was made to go at {iso(eviction.asked_at)}."
    return f"Its host was needed for a reservation or for maintenance: it was made to go at {iso(eviction.asked_at)}."


def _told(notice: Notice | None) -> list[str]:
    if notice is None:
        return []
    said = f"It had been told at {iso(notice.decided_at)} that it might run until {iso(notice.deadline_at)}"
    if notice.state is NoticeState.WITHDRAWN:
        return [f"{said}, which was withdrawn."]
    return [f"{said}, and its holder let it go before that." if notice.ready_at else f"{said}."]


def _broken(breaches: Sequence[Breach]) -> list[str]:
    return [f"A promise to it was broken at {iso(one.at)} ({one.cause})." for one in breaches]
