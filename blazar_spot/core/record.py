# SPDX-License-Identifier: Apache-2.0
"""What is written down for good: what was done, and which promises were broken and why.

Both are only ever added to. An id says what the entry is about, so that the same thing is recorded once, however many
engines find it and however often.
"""

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Why a promise was broken."""

    LEAD_SHORT = "lead_short"
    """The deletes took longer than the lead allowed for."""
    FENCE_LATE = "fence_late"
    """A pool was closed after its instant, because nothing was alive to close it."""
    SLOW_BOOT = "slow_boot"
    """An instance became ACTIVE later than its boot allowance and has run shorter than promised."""
    UNFENCED_BOOT = "unfenced_boot"
    """A spot instance came onto a host behind its closed pool, and gets its full promise."""
    WITHHELD = "withheld"
    """The engine's mode or the operator's switch kept it from evicting."""
    STRANGER = "stranger"
    """Something that is not spot stands on the host."""
    NOTICE_RUNS = "notice_runs"
    """A notice was given late and still runs."""
    NOT_SEEN = "not_seen"
    """It could not be seen who is on the host."""
    UNPROVEN = "unproven"
    """The row of a spot instance is gone, and its compute has not said that it destroyed the guest."""
    OVERRIDDEN = "overridden"
    """The operator lets reservations break promises, and this one did."""
    STUCK = "stuck"
    """An instance withstood every measure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One broken promise: to ``subject``, an instance, or to the reservation if there is none."""

    id: str
    at: int
    cause: Cause
    reclaim_id: str
    host: str
    subject: str
    details: str
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing that was decided or done."""

    id: str
    at: int
    what: str
    reclaim_id: str
    host: str
    subject: str
    details: str
    version: int = 0


def breach(cause: Cause, at: int, reclaim_id: str, host: str, subject: str = "", details: str = "") -> Breach:
    """A breach that is recorded once for each reclaim and subject."""
    identity = f"{cause}/{reclaim_id}/{subject}"
    return Breach(id=identity, at=at, cause=cause, reclaim_id=reclaim_id, host=host, subject=subject, details=details)


def deed(what: str, at: int, reclaim_id: str, host: str, subject: str = "", details: str = "", once: str = "") -> Deed:
    """A deed; done again at another time it is another one, unless ``once`` says what it is to be known by."""
    identity = f"{what}/{reclaim_id or host}/{subject}/{once or at}"
    return Deed(id=identity, at=at, what=what, reclaim_id=reclaim_id, host=host, subject=subject, details=details)
