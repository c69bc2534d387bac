# SPDX-License-Identifier: Apache-2.0
"""In which order many are asked about, when some of them may get no answer.

A request to a service that hangs takes as long as our patience. So whoever got no answer last time comes last, which
keeps nobody from the others, and after a few without one the rest of them wait for the next tick.
"""

from collections.abc import Iterable


class Turns:
    """Remembers who got no answer; may be dropped at any time."""

    def __init__(self, patience: int) -> None:
        self._patience = patience
        self._unanswered: set[str] = set()
        self._now: set[str] = set()

    def begin(self, names: Iterable[str]) -> list[str]:
        """A new tick: the names as they are, but for those last that got no answer."""
        self._now = set()
        return sorted(names, key=lambda name: name in self._unanswered)

    @property
    def is_over(self) -> bool:
        """Whether so many got no answer that the others have to wait."""
        return len(self._now) >= self._patience

    def note(self, name: str, *, is_answered: bool) -> None:
        if is_answered:
            self._unanswered.discard(name)
        else:
            self._unanswered.add(name)
            self._now.add(name)
