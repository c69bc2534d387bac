# SPDX-License-Identifier: Apache-2.0
"""What is written down when a promise changes: the entry that answers somebody who asks why, long afterwards.

What a change is follows from the value before and after it, so whoever writes a promise cannot tell another story.
Each version of a claim and each revision of a notice has at most one entry.
"""

from blazar_spot.core.instants import iso
from blazar_spot.core.promises import Claim, Notice, NoticeState, Purpose, Reclaim, Standing
from blazar_spot.core.record import Deed, deed


def of_notice(before: Notice, after: Notice, at: int) -> Deed | None:
    """A notice that was moved, acknowledged, withdrawn or has ended; None if all that is said of it stays as it was."""
    if after.revision == before.revision:
        return None
    what, why = _story(before, after, at)
    once = f"{after.id}/{after.revision}"
    return deed(what, at, "", after.host, after.instance_id, f"{why} (revision {after.revision})", once)


def _story(before: Notice, after: Notice, at: int) -> tuple[str, str]:
    match after.state:
        case NoticeState.WITHDRAWN:
            return "notice withdrawn", f"{_why_withdrawn(before, at)}; it was told {_at(before)}"
        case NoticeState.TERMINATED:
            return "notice ended", f"the instance is gone; it was told {_at(before)}"
    if after.ready_at != before.ready_at:
        return "notice acknowledged", f"its holder lets it go before {_at(after)}"
    if after.acknowledged_at != before.acknowledged_at:
        return "notice acknowledged", f"its holder knows of {_at(after)}"
    moved = f"from {_at(before)} to {_at(after)}"
    if before.given_at is None and after.given_at is not None:
        return "notice moved", f"{moved}: it could not be read before {iso(after.given_at)}"
    return "notice moved", f"{moved}: {after.host} is wanted later"


def _why_withdrawn(before: Notice, at: int) -> str:
    if before.purpose is Purpose.RECLAIM:
        return f"nothing wants {before.host} back any more"
    if before.purpose is Purpose.REHEARSAL and before.deadline_at <= at:
        return "the rehearsal is over"
    return f"what was ordered gives way: {before.host} is taken back, or the instance has left it"


def of_claim(before: Claim, after: Claim, at: int, because: str, reclaim: Reclaim | None) -> Deed | None:
    """A claim that was moved, resized, withdrawn or has ended, and where its reclaim stood; None otherwise."""
    whose = "drain" if after.is_drain else f"reservation {after.reservation_id}"
    if not after.is_open:
        what = "claim ended" if after.standing is Standing.ENDED else "claim withdrawn"
        details = f"{whose} from {iso(before.start_at)}: {because}"
    elif (before.start_at, before.end_at) != (after.start_at, after.end_at):
        what, span = "claim moved", f"from {iso(before.start_at)}/{iso(before.end_at)}"
        details = f"{whose} {span} to {iso(after.start_at)}/{iso(after.end_at)}: {because}"
    elif before.room != after.room:
        what = "claim resized"
        details = f"{whose} from {before.room} to {after.room}: {because}"
    else:
        return None
    stood = f"; its reclaim was {reclaim.state}" if reclaim else ""
    return deed(what, at, after.id, after.host, details=details + stood, once=str(before.version))


def of_reclaim(before: Reclaim, after: Reclaim, at: int) -> Deed:
    """A reclaim whose instants were decided anew."""
    moved = f"evictions begin at {iso(after.evict_at)}, not at {iso(before.evict_at)}, was {before.state}"
    return deed("moved", at, after.id, after.host, details=moved, once=str(before.version))


def _at(notice: Notice) -> str:
    return iso(notice.deadline_at)
