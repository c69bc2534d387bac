# SPDX-License-Identifier: Apache-2.0
"""How many spot instances could boot now, of each flavor alone.

It is an answer and not a hold: whoever boots first has the room. Nova and Placement are asked once every few seconds at
the most, however many people look.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from blazar_spot.core.errors import SpotError, Unreachable
from blazar_spot.core.fitting import fitting
from blazar_spot.core.flavors import missing_specs, resources
from blazar_spot.core.model import Size
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Compute
from blazar_spot.ports.stock import Stock

KEPT_SECONDS = 10
PATIENCE_SECONDS = 5
"""How long one who asks waits for another who finds out: each occupies a thread of the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """So many instances of this flavor could boot, if nobody boots anything else."""

    id: str
    name: str
    is_public: bool
    size: Size
    available: int


@dataclass(frozen=True, slots=True)
class Offers:
    """All of them, as they were at one instant."""

    at: int
    offers: Sequence[Offer]


class Capacity:
    """What is left, kept for some seconds."""

    def __init__(self, compute: Compute, stock: Stock, clock: Clock) -> None:
        self._compute = compute
        self._stock = stock
        self._clock = clock
        self._turn = Lock()
        self._known = Offers(-KEPT_SECONDS, ())
        self._failed: tuple[int, SpotError] | None = None

    def now(self) -> Offers:
        """The flavors that consume the pools, by name and id. Of those who ask at the same time one finds out; that
        it could not be found out is kept as well."""
        if not self._turn.acquire(timeout=PATIENCE_SECONDS):
            raise Unreachable("what is left is being found out, and that takes long")
        try:
            return self._found_out()
        finally:
            self._turn.release()

    def _found_out(self) -> Offers:
        if self._failed and self._clock.now() - self._failed[0] < KEPT_SECONDS:
            raise self._failed[1]
        if self._clock.now() - self._known.at >= KEPT_SECONDS:
            try:
                self._known = Offers(self._clock.now(), self._ask())
            except SpotError as error:
                self._failed = self._clock.now(), error
                raise
        return self._known

    def _ask(self) -> list[Offer]:
        flavors = {one: each for one, each in self._compute.preemptible_flavors().items() if not missing_specs(each)}
        free = list(self._stock.free().values()) if flavors else []
        offers = [
            Offer(
                id=one,
                name=flavor.name,
                is_public=flavor.is_public,
                size=resources(flavor),
                available=fitting(resources(flavor), free),
            )
            for one, flavor in flavors.items()
        ]
        return sorted(offers, key=lambda offer: (offer.name, offer.id))
