# SPDX-License-Identifier: Apache-2.0
"""What the aggregates say, read all at once: which one is the freepool, and which compute services are in which."""

from collections.abc import Iterable

from blazar_spot.core.errors import NoFreepool
from blazar_spot.ports.compute import Aggregate


def freepool(aggregates: Iterable[Aggregate]) -> Aggregate:
    """The one in which hosts wait for reservations."""
    for aggregate in aggregates:
        if aggregate.is_freepool:
            return aggregate
    raise NoFreepool("there is no freepool")


def inside(aggregates: Iterable[Aggregate]) -> frozenset[str]:
    """The compute services that are in any of these."""
    return frozenset[str]().union(*(one.service_hosts for one in aggregates))
