# SPDX-License-Identifier: Apache-2.0
"""Sorts the letters for webhooks: each becomes a delivery for each webhook that wants it.

The deliveries are written and the letters thrown away in one transaction, so each is sorted exactly once, whoever dies
and however many sort. Nobody is spoken to here. Next: ``deliveries``.
"""

from collections.abc import Callable, Sequence

from blazar_spot.core.deliveries import Delivery, of_notice
from blazar_spot.core.errors import StaleVersion
from blazar_spot.core.messages import type_of
from blazar_spot.core.outbox import Letter
from blazar_spot.core.webhooks import wanting
from blazar_spot.enforcement.rounds import attempt, rounds
from blazar_spot.ports.store import Store, Work

CHANNEL = "webhooks"
LETTERS_AT_ONCE = 200


class Sorting:
    """Goes through the letters; ``sorted_some`` is called when there is something to deliver."""

    def __init__(self, store: Store, sorted_some: Callable[[], None]) -> None:
        self._store = store
        self._sorted_some = sorted_some

    def run(self, pause: Callable[[float], bool]) -> None:
        """Sort until ``pause`` says stop."""
        rounds(self.turn, pause)

    def turn(self) -> int:
        """Sort, and let no failure end it."""
        return attempt("Sorting letters", self.sort)

    def sort(self) -> int:
        """Sort the letters that wait; how many there were."""
        try:
            with self._store.begin() as work:
                waiting = work.letters(CHANNEL, LETTERS_AT_ONCE)
                deliveries = self._deliveries(work, waiting) if waiting else []
                if waiting:
                    work.put_deliveries(deliveries)
                    work.drop_letters([letter.id for letter in waiting])
        except StaleVersion:
            return 0  # somebody else has sorted them
        if deliveries:
            self._sorted_some()
        return len(waiting)

    def _deliveries(self, work: Work, letters: Sequence[Letter]) -> list[Delivery]:
        webhooks = work.webhooks({letter.event.project_id for letter in letters})
        subscriptions = work.subscriptions([webhook.id for webhook in webhooks])
        about = {one.id: one for one in work.instances_by_id({letter.event.instance_id for letter in letters})}
        return [
            of_notice(letter.event, webhook.id, letter.written_at)
            for letter in letters
            for webhook in wanting(
                (one for one in webhooks if one.project_id == letter.event.project_id),
                subscriptions,
                type_of(letter.event.news),
                about.get(letter.event.instance_id),
            )
        ]
