# SPDX-License-Identifier: Apache-2.0
"""Puts the use cases together over whatever stands behind the ports.

``wiring`` comes with the real adapters, the tests' lab with fakes; both get the same whole.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from blazar_spot.core.policy import Policy
from blazar_spot.core.switch import Mode
from blazar_spot.enforcement.acknowledging import Acknowledging
from blazar_spot.enforcement.admittance import Admittance, Furnish
from blazar_spot.enforcement.announcing import Announcing
from blazar_spot.enforcement.bell import Bell
from blazar_spot.enforcement.booking import Booking
from blazar_spot.enforcement.closing import Closing
from blazar_spot.enforcement.departures import Departures
from blazar_spot.enforcement.draining import Draining
from blazar_spot.enforcement.engine import Engine
from blazar_spot.enforcement.enrolment import Enrolment
from blazar_spot.enforcement.evictions import Evictions
from blazar_spot.enforcement.fleet import Fleet
from blazar_spot.enforcement.handback import HandBack
from blazar_spot.enforcement.handover import HandOver
from blazar_spot.enforcement.hunting import Hunting
from blazar_spot.enforcement.interrupting import Interrupting
from blazar_spot.enforcement.interruptions import Interruptions
from blazar_spot.enforcement.ledger import Ledger
from blazar_spot.enforcement.listing import Listing
from blazar_spot.enforcement.notices import Notices
from blazar_spot.enforcement.occupancy import Occupancy
from blazar_spot.enforcement.plans import Plans
from blazar_spot.enforcement.pools import Pools
from blazar_spot.enforcement.publishing import Publishing
from blazar_spot.enforcement.rebinding import Rebinding
from blazar_spot.enforcement.reclaims import Reclaims
from blazar_spot.enforcement.removal import Removal
from blazar_spot.enforcement.retirement import Retirement
from blazar_spot.enforcement.returning import Returning
from blazar_spot.enforcement.revising import Revising
from blazar_spot.enforcement.sharing import Sharing
from blazar_spot.enforcement.telling import Telling
from blazar_spot.enforcement.vacating import Vacating
from blazar_spot.enforcement.witnesses import Witnesses
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Compute
from blazar_spot.ports.pool import Pool
from blazar_spot.ports.store import Store


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything that the processes use: the engine runs in its own, the others inside the reservation service."""

    engine: Engine
    booking: Booking
    publishing: Publishing
    listing: Listing
    handover: HandOver
    handback: HandBack
    admittance: Callable[[Furnish], Admittance]
    rebinding: Rebinding
    retirement: Retirement
    vacating: Vacating
    witnesses: Witnesses
    acknowledging: Acknowledging
    interrupting: Interrupting
    closing: Closing
    draining: Draining
    bell: Bell
    policy: Policy
    clock: Clock
    store: Store


def assemble(
    store: Store,
    compute: Compute,
    pool: Pool,
    clock: Clock,
    policy: Policy,
    sweep_seconds: int = 0,
    list_seconds: int = 0,
    mode: Mode = Mode.ENFORCE,
    auto_enrol: bool = True,
    headroom_hosts: int = 0,
    handover_budget: int = 5,
    handback_budget: int = 2,
    channels: Collection[str] = (),
    reaper_seconds: int = 1920,
) -> Whole:
    """Put the use cases together over these ports."""
    witnesses = Witnesses(compute, pool, Departures(store, compute, clock, reaper_seconds))
    bell = Bell()
    revising = Revising(store, clock, channels, bell)
    notices = Notices(store, Telling(compute, clock), revising, clock, policy)
    evictions = Evictions(store, compute, clock, policy)
    announcing = Announcing(store, notices, bell, clock)
    hunting = Hunting(store, compute, evictions, clock, policy, mode)
    handback = HandBack(compute, witnesses, Removal(compute, clock, policy), clock, handback_budget)
    occupancy = Occupancy(store, compute, witnesses, clock)
    sharing = Sharing(witnesses, clock, policy)
    closing = Closing(store, pool, clock)
    return Whole(
        engine=Engine(
            clock,
            Fleet(compute, Ledger(store), list_seconds),
            Enrolment(compute, policy, is_automatic=auto_enrol),
            Pools(store, compute, pool, sweep_seconds, headroom_hosts),
            Plans(store, policy),
            Reclaims(store, occupancy, sharing, evictions, announcing, hunting, clock, policy, mode),
            hunting,
            notices,
            Interruptions(store, witnesses, evictions, clock, policy, mode),
            sweep_seconds,
            mode,
        ),
        booking=Booking(store, pool, clock, policy, handback.returning),
        publishing=Publishing(store, clock),
        listing=Listing(store),
        handover=HandOver(store, compute, pool, witnesses, clock, policy, handover_budget),
        handback=handback,
        admittance=lambda furnish: Admittance(
            store, compute, pool, witnesses, clock, policy, handover_budget, sharing, furnish
        ),
        rebinding=Rebinding(store, clock, policy, handback.returning),
        retirement=Retirement(store, compute, pool, clock),
        vacating=Vacating(compute, witnesses, clock, policy, handback_budget),
        witnesses=witnesses,
        acknowledging=Acknowledging(store, revising, bell, clock),
        interrupting=Interrupting(store, revising, bell, clock, policy),
        closing=closing,
        draining=Draining(store, pool, clock, policy, closing, Returning(store, compute, clock)),
        bell=bell,
        policy=policy,
        clock=clock,
        store=store,
    )
