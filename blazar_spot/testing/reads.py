# SPDX-License-Identifier: Apache-2.0
"""``ports.reads.Reads`` in memory."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from blazar_spot.core.outlooks import Sought, mark_of
from blazar_spot.core.overviews import GOING, Asked, By, Counts, Told
from blazar_spot.core.pages import Mark
from blazar_spot.core.promises import Claim, Instance, Notice, NoticeState, Reclaim, Standing
from blazar_spot.core.reclaim import ENDED
from blazar_spot.core.record import Breach, Deed
from blazar_spot.testing.rows import FakeRows


class FakeReads(FakeRows):
    """What can be looked up in rows."""

    def instance_page(self, sought: Sought, after: Mark | None, limit: int) -> Sequence[tuple[Instance, Notice | None]]:
        running = {one.instance_id: one for one in self.rows.notices.values() if one.state is NoticeState.SCHEDULED}
        found = [one for one in self.rows.instances.values() if _is_sought(one, sought)]
        behind = (one for one in found if after is None or mark_of(one) < after)
        return [(one, running.get(one.id)) for one in sorted(behind, key=mark_of, reverse=True)[:limit]]

    def notices_of(self, instances: Collection[str]) -> Sequence[Notice]:
        found = (one for one in self.rows.notices.values() if one.instance_id in instances)
        return sorted(found, key=lambda one: (one.decided_at, one.id))

    def evictions_begin(self, hosts: Collection[str]) -> Mapping[str, int]:
        reclaims = [one for one in self.rows.reclaims.values() if one.state not in ENDED and one.host in hosts]
        return {host: min(one.evict_at for one in reclaims if one.host == host) for host in {r.host for r in reclaims}}

    def breaches_about(self, subjects: Collection[str]) -> Sequence[Breach]:
        return _by_instant(one for one in self.rows.breaches.values() if one.subject in subjects)

    def reclaim_page(self, asked: Asked, after: Mark | None, limit: int) -> Sequence[tuple[Claim, Reclaim]]:
        found = [both for one in self.rows.reclaims if (both := self.claim_and_reclaim(one)) and _is_asked(both, asked)]
        behind = (both for both in found if after is None or _start(both[1]) > after)
        return sorted(behind, key=lambda both: _start(both[1]))[:limit]

    def claim_and_reclaim(self, reclaim_id: str) -> tuple[Claim, Reclaim] | None:
        claim, reclaim = self.rows.claims.get(reclaim_id), self.rows.reclaims.get(reclaim_id)
        return None if claim is None or reclaim is None else (claim, reclaim)

    def lease_page(self, project_id: str | None, after: str, limit: int) -> Sequence[str]:
        found = (one for one in self.rows.claims.values() if one.is_open and project_id in (None, one.project_id))
        return sorted({one.lease_id for one in found if one.lease_id > after})[:limit]

    def claims_of_leases(self, lease_ids: Collection[str]) -> Sequence[tuple[Claim, Reclaim | None]]:
        found = (one for one in self.rows.claims.values() if one.lease_id in lease_ids)
        counting = (one for one in found if one.standing is not Standing.WITHDRAWN)
        return self._with_reclaims(sorted(counting, key=lambda one: (one.lease_id, one.start_at, one.id)))

    def claims_on(self, hosts: Collection[str]) -> Sequence[tuple[Claim, Reclaim | None]]:
        found = (one for one in self.rows.claims.values() if one.is_open and one.host in hosts)
        return self._with_reclaims(sorted(found, key=lambda one: (one.start_at, one.id)))

    def counts(self, by: By, ids: Collection[str]) -> Counts:
        claims = {one.id: one for one in self.rows.claims.values() if getattr(one, by) in ids}
        broken = Counter(one.reclaim_id for one in self.rows.breaches.values() if one.reclaim_id in claims)
        return Counts(
            told={one: told for one in claims if (told := self._told(one)).ever},
            breaches=broken,
            present=self.instance_counts({one.host for one in claims.values() if one.is_open}),
        )

    def _told(self, reclaim_id: str) -> Told:
        deeds = [one for one in self.deeds_of(reclaim_id) if one.what in GOING and one.subject in self.rows.instances]
        there = {one.subject for one in deeds if _is_on(self.rows.instances[one.subject], one.host)}
        return Told(len({one.subject for one in deeds}), len(there))

    def breach_page(self, after: Mark | None, limit: int) -> Sequence[Breach]:
        behind = (one for one in self.rows.breaches.values() if after is None or (one.at, one.id) < after)
        return _by_instant(behind)[::-1][:limit]

    def breaches_of(self, reclaim_id: str) -> Sequence[Breach]:
        return _by_instant(one for one in self.rows.breaches.values() if one.reclaim_id == reclaim_id)

    def deeds_of(self, reclaim_id: str) -> Sequence[Deed]:
        return _deeds(one for one in self.rows.deeds.values() if one.reclaim_id == reclaim_id)

    def deeds_about(self, subjects: Collection[str], since: int) -> Sequence[Deed]:
        about = (one for one in self.rows.deeds.values() if one.subject in subjects and not one.reclaim_id)
        return _deeds(one for one in about if one.at >= since)

    def instance_counts(self, hosts: Collection[str]) -> Mapping[str, int]:
        return Counter(one.host for one in self.rows.instances.values() if one.gone_at is None and one.host in hosts)

    def _with_reclaims(self, claims: Iterable[Claim]) -> list[tuple[Claim, Reclaim | None]]:
        return [(claim, self.rows.reclaims.get(claim.id)) for claim in claims]


def _is_sought(instance: Instance, sought: Sought) -> bool:
    return (
        (instance.gone_at is not None) is sought.has_ended
        and sought.project_id in (None, instance.project_id)
        and sought.flavor in (None, instance.flavor)
        and sought.host in (None, instance.host)
    )


def _is_asked(both: tuple[Claim, Reclaim], asked: Asked) -> bool:
    claim, reclaim = both
    return (
        reclaim.state in asked.states
        and asked.project_id in (None, claim.project_id)
        and asked.lease_id in (None, claim.lease_id)
        and asked.host in (None, claim.host)
    )


def _is_on(instance: Instance, host: str) -> bool:
    return instance.gone_at is None and instance.host == host


def _start(reclaim: Reclaim) -> tuple[int, str]:
    return reclaim.start_at, reclaim.id


def _by_instant(breaches: Iterable[Breach]) -> list[Breach]:
    return sorted(breaches, key=lambda one: (one.at, one.id))


def _deeds(deeds: Iterable[Deed]) -> list[Deed]:
    return sorted(deeds, key=lambda one: (one.at, one.id))
