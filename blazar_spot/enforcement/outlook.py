# SPDX-License-Identifier: Apache-2.0
"""The spot instances as their holders see them: how long each may run, and why one has ended.

What is shown is worked out by ``core.outlooks`` each time; two questions to the database for a page of those that run,
four for one of those that have ended. Who may look is for ``api``.
"""

from collections.abc import Mapping, Sequence

from blazar_spot.core.errors import NotFound
from blazar_spot.core.outlooks import Outlook, Sought, coming, ended
from blazar_spot.core.pages import Mark, Page, page
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Instance, Notice, NoticeState
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.store import Store, Work

Told = Sequence[tuple[Instance, Notice | None]]


class Outlooks:
    """Questions about instances."""

    def __init__(self, store: Store, clock: Clock, policy: Policy) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy

    def page(self, sought: Sought, after: Mark | None, limit: int) -> Page[Outlook]:
        """The first so many of the instances that are sought, behind this mark."""
        with self._store.begin() as work:
            found = work.instance_page(sought, after, limit + 1)
            shown = _ended(work, found) if sought.has_ended else self._coming(work, found)
        return page(shown, limit, lambda one: one.mark)

    def one(self, instance_id: str) -> Outlook:
        """This instance, whether it runs or has ended."""
        with self._store.begin() as work:
            found = work.instances_by_id([instance_id])
            if not found:
                raise NotFound("There is no such instance.")
            if found[0].gone_at is not None:
                return _ended(work, [(found[0], None)])[0]
            notices = work.notices_of([instance_id])
            running = next((one for one in notices if one.state is NoticeState.SCHEDULED), None)
            return self._coming(work, [(found[0], running)])[0]

    def _coming(self, work: Work, told: Told) -> list[Outlook]:
        now = self._clock.now()
        begins = work.evictions_begin({instance.host for instance, _ in told})
        return [coming(one, notice, begins.get(one.host), now, self._policy) for one, notice in told]


def _ended(work: Work, told: Told) -> list[Outlook]:
    ids = [instance.id for instance, _ in told]
    notices: Mapping[str, Notice] = {notice.instance_id: notice for notice in work.notices_of(ids)}
    evictions = {eviction.id: eviction for eviction in work.evictions_by_id(ids)}
    breaches = work.breaches_about(ids)
    return [
        ended(
            instance,
            notices.get(instance.id),
            evictions.get(instance.id),
            [breach for breach in breaches if breach.subject == instance.id],
        )
        for instance, _ in told
    ]
