# SPDX-License-Identifier: Apache-2.0
"""Were the promises kept? A pure reading of the record.

Next: `summary`, which prints it.
"""

from dataclasses import dataclass

from blazar_spot.demo.compressed_time import METADATA_CACHE_SECONDS, MIN_UPTIME_SECONDS, NOTICE_SECONDS
from blazar_spot.demo.record import Life, Record
from blazar_spot.demo.sights import Mark


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise, whether it was kept, and the figures behind that."""

    text: str
    is_kept: bool
    detail: str


def promises(record: Record) -> list[Promise]:
    """Everything that was promised to the two users."""
    lives = record.tenants()
    return [
        _lease_is_active(record),
        Promise("the owner's instance runs on the host", *_reached(record, Mark.OWNER_ACTIVE)),
        Promise("exactly one notice to each spot instance", *_one_notice_each(lives)),
        Promise("nobody goes before the deadline", *_none_early(lives)),
        Promise(f"{NOTICE_SECONDS} s of notice as the guest reads it", *_long_notice(lives)),
        Promise(f"{MIN_UPTIME_SECONDS} s of uptime before the end", *_long_life(lives)),
    ]


def notice_length(life: Life) -> float | None:
    """From the first sight of a notice to the beginning of the end."""
    if not life.notices or life.ended_at is None:
        return None
    return life.ended_at - life.notices[0][0]


def was_short(life: Life, wanted: float = NOTICE_SECONDS) -> bool:
    """Whether it read of its end too late, or never. It could read of it at some time between two looks, and is given
    the benefit of the doubt; and what the metadata service answers may be older than it is written."""
    if not life.notices or life.ended_at is None:
        return True
    could_read_from = life.notices[0][0] if life.unread_at is None else life.unread_at
    return life.ended_at - could_read_from < wanted - METADATA_CACHE_SECONDS


def uptime(life: Life) -> float | None:
    """From the first ACTIVE to the beginning of the end."""
    if life.guest.launched_at is None or life.ended_at is None:
        return None
    return life.ended_at - life.guest.launched_at


def _lease_is_active(record: Record) -> Promise:
    text = "the lease is ACTIVE"
    decided, start = record.marks.get(Mark.DECIDED), record.marks.get(Mark.STARTED)
    if decided is None or start is None:
        return Promise(text, False, "never")
    return Promise(text, record.decided_as == "ACTIVE", f"{record.decided_as}, {decided - start:.0f} s after its start")


def _reached(record: Record, mark: Mark) -> tuple[bool, str]:
    return mark in record.marks, "" if mark in record.marks else "never"


def _one_notice_each(lives: list[Life]) -> tuple[bool, str]:
    counts = [life.decisions for life in lives]
    is_kept = bool(counts) and all(count == 1 for count in counts) and not any(life.was_hurried for life in lives)
    return is_kept, _row(counts)


def _none_early(lives: list[Life]) -> tuple[bool, str]:
    after = [
        None if life.deadline_at is None or life.ended_at is None else life.ended_at - life.deadline_at
        for life in lives
    ]
    is_kept = bool(after) and all(one is not None and one >= 0 for one in after)
    told = [f"{one:+.0f} s" for one in after if one is not None]
    return is_kept, _row(told) if told else "nobody was told a deadline"


def _long_notice(lives: list[Life]) -> tuple[bool, str]:
    is_kept = bool(lives) and not any(was_short(life) for life in lives)
    return is_kept, _seconds([notice_length(life) for life in lives])


def _long_life(lives: list[Life]) -> tuple[bool, str]:
    lengths = [uptime(life) for life in lives]
    is_kept = bool(lengths) and all(one is not None and one >= MIN_UPTIME_SECONDS for one in lengths)
    return is_kept, _seconds(lengths)


def _seconds(lengths: list[float | None]) -> str:
    return _row(["none" if one is None else f"{one:.0f} s" for one in lengths])


def _row(values: list[int] | list[str]) -> str:
    return ", ".join(str(value) for value in values)
