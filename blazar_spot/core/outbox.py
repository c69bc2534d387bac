# SPDX-License-Identifier: Apache-2.0
"""Letters: events on their way through one channel each, and when the next try is.

A letter is written in the transaction that decides what it tells, and thrown away when the channel has taken it. So
news is sent at least once, with the same id each time. Letters about one instance leave a channel in the order in
which they were written. Next: ``enforcement/post``, which carries them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from blazar_spot.core.events import Event

HOLD_SECONDS = 30
"""How long whoever takes a letter has it alone; after that it is taken for lost with its bearer."""
LONGEST_WAIT_SECONDS = 60
KEEP_SECONDS = 24 * 3600
"""How long a letter is tried: what could not be told for so long is old news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One event for one channel. ``due_at`` is when it may be tried, by whoever takes it first."""

    id: str
    channel: str
    event: Event
    written_at: int
    due_at: int
    tries: int = 0
    version: int = 0

    def is_old_news(self, now: int) -> bool:
        """Whether a try that fails now is the last one."""
        return now >= self.written_at + KEEP_SECONDS


def letters(events: Iterable[Event], channels: Iterable[str]) -> list[Letter]:
    """One letter for each event and channel, due at once."""
    names = sorted(channels)
    return [
        Letter(id=f"{event.id}/{name}", channel=name, event=event, written_at=event.at, due_at=event.at)
        for event in events
        for name in names
    ]


def next_ones(waiting: Iterable[Letter], now: int) -> list[Letter]:
    """Of the letters of one channel those that may be tried now: the first about each instance, if it is due."""
    first: dict[str, Letter] = {}
    for letter in sorted(waiting, key=_order):
        first.setdefault(letter.event.instance_id, letter)
    return [letter for letter in first.values() if letter.due_at <= now]


def taken(letter: Letter, now: int) -> Letter:
    """The letter in somebody's hands."""
    return replace(letter, due_at=now + HOLD_SECONDS, tries=letter.tries + 1)


def put_off(letter: Letter, now: int) -> Letter:
    """The letter after a try that failed: the wait doubles each time."""
    return replace(letter, due_at=now + min(2**letter.tries, LONGEST_WAIT_SECONDS))


def _order(letter: Letter) -> tuple[int, int]:
    return letter.written_at, letter.event.revision
