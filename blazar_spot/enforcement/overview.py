# SPDX-License-Identifier: Apache-2.0
"""Reclaims and leases as their owners and operators see them: how far they are, who has to go, what was done.

The database counts, so a page costs a fixed number of questions however many instances it is about. Who may look, and
what they may not be shown, is for ``api``.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby

from blazar_spot.core.errors import NotFound
from blazar_spot.core.overviews import GOING, Asked, By, Overview, Summary, overview, summary
from blazar_spot.core.pages import Mark, Page, page
from blazar_spot.core.promises import Claim, Reclaim
from blazar_spot.core.reclaim import ENDED
from blazar_spot.core.record import Breach, Deed
from blazar_spot.core.timeline import in_order
from blazar_spot.core.victims import Victim, victim
from blazar_spot.ports.store import Store, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One reclaim with everything that is known of it."""

    overview: Overview
    victims: Sequence[Victim]
    breaches: Sequence[Breach]
    timeline: Sequence[Deed]


class Overviews:
    """Questions about reclaims, leases and broken promises."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def reclaims(self, asked: Asked, after: Mark | None, limit: int) -> Page[Overview]:
        """The first so many of the reclaims that are asked for, by start, behind this mark."""
        with self._store.begin() as work:
            found = work.reclaim_page(asked, after, limit + 1)
            counts = work.counts(By.ID, [reclaim.id for _, reclaim in found])
        return page([overview(*both, counts) for both in found], limit, lambda one: one.mark)

    def reclaim(self, reclaim_id: str) -> Story:
        """This reclaim, whatever has become of it."""
        with self._store.begin() as work:
            both = work.claim_and_reclaim(reclaim_id)
            if both is None:
                raise NotFound("There is no such reclaim.")
            counts = work.counts(By.ID, [reclaim_id])
            deeds = work.deeds_of(reclaim_id)
            victims = _victims(work, *both, deeds)
            about = work.deeds_about([one.instance.id for one in victims], both[1].planned_at or 0)
            return Story(
                overview=overview(*both, counts),
                victims=victims,
                breaches=work.breaches_of(reclaim_id),
                timeline=in_order([*deeds, *(one for one in about if one.at <= both[0].end_at)]),
            )

    def leases(self, project_id: str | None, ids: Collection[str]) -> Sequence[Summary]:
        """Those of these leases that this project has, or all if none is named; unknown ones are left out."""
        with self._store.begin() as work:
            return [one for one in _summaries(work, ids) if project_id in (None, one.project_id)]

    def lease_page(self, project_id: str | None, after: str, limit: int) -> Page[Summary]:
        """The first so many leases of this project, or of all, that hold hosts, by id, behind this one."""
        with self._store.begin() as work:
            ids = work.lease_page(project_id, after, limit + 1)
            found = _summaries(work, ids[:limit])
        return Page(found, Mark(0, ids[limit - 1]) if len(ids) > limit else None)

    def breaches(self, after: Mark | None, limit: int) -> Page[Breach]:
        """The first so many broken promises, the last one first, behind this mark."""
        with self._store.begin() as work:
            found = work.breach_page(after, limit + 1)
        return page(found, limit, lambda one: Mark(one.at, one.id))


def _summaries(work: Work, lease_ids: Collection[str]) -> list[Summary]:
    claims, counts = work.claims_of_leases(lease_ids), work.counts(By.LEASE, lease_ids)
    return [summary(list(several), counts) for _, several in groupby(claims, key=lambda both: both[0].lease_id)]


def _victims(work: Work, claim: Claim, reclaim: Reclaim, deeds: Sequence[Deed]) -> list[Victim]:
    told = {deed.subject for deed in deeds if deed.what in GOING}
    is_whole = claim.room is None and reclaim.state not in ENDED
    there = {one.id for one in work.instances([claim.host])} if is_whole else set()
    instances = work.instances_by_id(told | there)
    ids = [one.id for one in instances]
    notices, evictions = work.notices_of(ids), {one.id: one for one in work.evictions_by_id(ids)}
    return [
        victim(
            claim,
            reclaim,
            instance,
            [notice for notice in notices if notice.instance_id == instance.id],
            evictions.get(instance.id),
        )
        for instance in instances
    ]
