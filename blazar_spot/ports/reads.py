# SPDX-License-Identifier: Apache-2.0
"""What a unit of work of ``store`` answers to people who look: pages, and counts that are made where the rows are.

Nothing here is needed to keep a promise. Each method is a fixed number of questions, however much it is asked about.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from blazar_spot.core.outlooks import Sought
from blazar_spot.core.overviews import Asked, By, Counts
from blazar_spot.core.pages import Mark
from blazar_spot.core.promises import Claim, Instance, Notice, Reclaim
from blazar_spot.core.record import Breach, Deed


class Reads(Protocol):
    """The part of a transaction that is for those who look."""

    def instance_page(self, sought: Sought, after: Mark | None, limit: int) -> Sequence[tuple[Instance, Notice | None]]:
        """The first so many of the instances that are sought, behind this mark or from the start, each with the notice
        that runs. Those that have ended come by when they did, the last one first; others by id, backwards, too."""

    def notices_of(self, instances: Collection[str]) -> Sequence[Notice]:
        """Every notice that these instances ever got, by decision and id."""

    def evictions_begin(self, hosts: Collection[str]) -> Mapping[str, int]:
        """When the first of the reclaims of each of these hosts that have not ended begins to delete."""

    def breaches_about(self, subjects: Collection[str]) -> Sequence[Breach]:
        """The promises broken to these, by instant and id."""

    def reclaim_page(self, asked: Asked, after: Mark | None, limit: int) -> Sequence[tuple[Claim, Reclaim]]:
        """The first so many of the reclaims that are asked for, by start and id, behind this mark or from the first
        one."""

    def claim_and_reclaim(self, reclaim_id: str) -> tuple[Claim, Reclaim] | None:
        """This reclaim with its claim, if it is known."""

    def lease_page(self, project_id: str | None, after: str, limit: int) -> Sequence[str]:
        """The ids of the first so many leases, of this project or of all, that have claims which are open, by id,
        behind this one."""

    def claims_of_leases(self, lease_ids: Collection[str]) -> Sequence[tuple[Claim, Reclaim | None]]:
        """The claims of these leases that are open or were held to their end, by lease, start and id, each with its
        reclaim if it has one."""

    def counts(self, by: By, ids: Collection[str]) -> Counts:
        """What there is to count about these reclaims, or about all reclaims of these leases."""

    def breach_page(self, after: Mark | None, limit: int) -> Sequence[Breach]:
        """The first so many broken promises, the last one first, behind this mark."""

    def breaches_of(self, reclaim_id: str) -> Sequence[Breach]:
        """The promises broken for this reclaim, by instant and id."""

    def deeds_of(self, reclaim_id: str) -> Sequence[Deed]:
        """What was done for this reclaim, by instant and id."""

    def deeds_about(self, subjects: Collection[str], since: int) -> Sequence[Deed]:
        """What was done about these at or after this instant, for no reclaim in particular, by instant and id."""

    def instance_counts(self, hosts: Collection[str]) -> Mapping[str, int]:
        """How many spot instances there are on each of these hosts; hosts without any are left out."""

    def claims_on(self, hosts: Collection[str]) -> Sequence[tuple[Claim, Reclaim | None]]:
        """The open claims of these hosts, by start and id, each with its reclaim if it has one."""
