# SPDX-License-Identifier: Apache-2.0
"""What the plugins of a process do together: one monitor, and one door for each kind of reservation.

Whichever plugins are loaded, the whole calendar is published and each late host is looked after, once.
"""

from blazar_spot.plugins.admission import Admission
from blazar_spot.plugins.bounded import HostMonitor
from blazar_spot.plugins.doors import Doors
from blazar_spot.plugins.furnishing import Furnishing
from blazar_spot.plugins.interrupted import Interrupted
from blazar_spot.plugins.inventory import Inventory
from blazar_spot.plugins.monitor import SpotMonitor
from blazar_spot.plugins.rebinding import Rebinder
from blazar_spot.plugins.returns import Returns
from blazar_spot.plugins.servings import HOSTS, SLOTS
from blazar_spot.plugins.settings import Settings
from blazar_spot.plugins.slot_returns import SlotReturns
from blazar_spot.plugins.spares import Spares


class Duties:
    """The doors, and the monitor that stands behind them."""

    def __init__(self, ours: Settings) -> None:
        whole, margin = ours.whole, ours.rebinding_margin
        spares = Spares(Admission(whole.booking, whole.clock), whole.handover, whole.clock)
        self.hosts = Doors(HOSTS, whole.handover, whole.clock, spares)
        self.furnishing = Furnishing()
        self.parts = Doors(SLOTS, whole.admittance(self.furnishing), whole.clock)
        self.returns = Returns(whole.handback, whole.clock)
        self.slot_returns = SlotReturns(whole.vacating, self.furnishing)
        rebinding = [] if margin is None else [Rebinder(whole.rebinding, margin).rebind]
        inventory = Inventory(whole.listing, whole.clock)
        self.interrupted = Interrupted(whole.clock, max(whole.handover.budget, whole.handback.budget))
        self.monitor = SpotMonitor(
            HostMonitor(),
            whole.publishing,
            [self.returns, self.slot_returns],
            [self.hosts, self.parts],
            whole.clock,
            ours.interval,
            [self.interrupted.begin_again, *rebinding, inventory.publish],
        )


def duties(ours: Settings) -> Duties:
    """Those of this process."""
    if Duties not in ours.made:
        ours.made[Duties] = Duties(ours)
    made: Duties = ours.made[Duties]
    return made
