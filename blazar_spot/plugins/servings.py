# SPDX-License-Identifier: Apache-2.0
"""The reservations that hosts are brought to, whole ones or parts of them: what it takes, and what is missing."""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import Any

from blazar import status
from blazar.db.sqlalchemy import models
from blazar.plugins.flavor import RESOURCE_TYPE as FLAVORS
from blazar.plugins.instances import RESOURCE_TYPE as INSTANCES
from blazar.plugins.oshosts import RESOURCE_TYPE as WHOLE_HOSTS

from blazar_spot.core.booking import Candidate
from blazar_spot.plugins.rows import naive, rows


@dataclass(frozen=True, slots=True)
class Kind:
    """Where Blazar keeps what reservations of these types want: the table, and its column that says how many."""

    resource_types: tuple[str, ...]
    wanted: Any
    count: str


HOSTS = Kind((WHOLE_HOSTS,), models.ComputeHostReservation, "count_range")
SLOTS = Kind((INSTANCES, FLAVORS), models.InstanceReservations, "amount")


@dataclass(frozen=True, slots=True)
class Serving:
    """A reservation with what it takes to bring its hosts to it; each says how many slots it gives.

    Those that have ``failed`` are its own until they are back, or others are found in their place.
    """

    reservation_id: str
    lease_id: str
    aggregate_id: int
    count_min: int
    is_flagged: bool
    hosts: tuple[Candidate, ...] = ()
    failed: tuple[Candidate, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether it has been given as much as it must have."""
        return sum(host.slots for host in self.hosts) >= self.count_min


def serving_as(kind: Kind, resource_id: str) -> Serving:
    """The reservation by the id that events know it by."""
    return _servings(kind, kind.wanted.id == resource_id)[0]


def running(kind: Kind, now: int, reservation_id: str | None = None) -> list[Serving]:
    """The reservations that are active now, or this one if it is; none whose lease is just being changed, and none that
    is over, though nobody could end it yet."""
    conditions = [
        models.Reservation.resource_type.in_(kind.resource_types),
        models.Reservation.status == status.reservation.ACTIVE,
        models.Lease.status == status.lease.ACTIVE,
        models.Lease.end_date > naive(now),
    ]
    if reservation_id is not None:
        conditions.append(models.Reservation.id == reservation_id)
    return _servings(kind, *conditions)


def _servings(kind: Kind, *conditions: Any) -> list[Serving]:
    found: dict[str, Serving] = {}
    given: dict[tuple[str, bool], Counter[tuple[str, str]]] = defaultdict(Counter)
    for row in rows(*conditions, wanted=kind.wanted, columns=("aggregate_id", kind.count)):
        found[row.reservation_id] = Serving(
            reservation_id=row.reservation_id,
            lease_id=row.lease_id,
            aggregate_id=row.aggregate_id,
            count_min=int(str(getattr(row, kind.count)).split("-")[0]),
            is_flagged=row.missing_resources,
        )
        if row.host is not None:
            given[row.reservation_id, row.reservable][row.host, row.service_host] += 1
    return [
        replace(one, hosts=_candidates(given[name, True]), failed=_candidates(given[name, False]))
        for name, one in found.items()
    ]


def _candidates(given: Counter[tuple[str, str]]) -> tuple[Candidate, ...]:
    return tuple(Candidate(*names, slots=slots) for names, slots in given.items())
