# SPDX-License-Identifier: Apache-2.0
"""Which story is played where: what takes long comes first, and no lane is much longer than the others."""

from functools import partial

from tests.e2e import acknowledgements, answers, arrivals, crowds, exchanges, hearings, orders, parts, stories, windows
from tests.e2e.lanes import Lane

ON_TIME_SECONDS = 25
"""From a lease's start until it is seen ACTIVE. Alone it takes up to fifteen: Blazar looks for leases that start every
ten. If a few start in the same minute they do so one after another, and the end of one may wait five."""

ON_TIME_OF_MANY_SECONDS = 30
"""The same where five may start in one minute: each may take four on two slow cores with all the stories on them."""

_FIRST = {
    "a": Lane({"back_to_back": windows.back_to_back}),
    "b": Lane({"whole": stories.whole, "free": stories.free}),
    "c": Lane({"moved": stories.moved, "returned": stories.returned}),
    "d": Lane({"dropped": stories.dropped, "refused": stories.refused}),
    "e": Lane({"asked": answers.asked}),
    "f": Lane({"earlier": windows.earlier, "half_booked": answers.half_booked}),
    "g": Lane({"building": arrivals.building, "shortened": windows.shortened}),
    "h": Lane({"races": answers.races}),
    "i": Lane({"swapped": exchanges.swapped, "crowd": crowds.crowd}, hosts=2),
    "j": Lane({"stranger": arrivals.stranger}, hosts=2),
    "m": Lane({"heard": hearings.heard}),
    "n": Lane({"drained": orders.drained, "rehearsed": orders.rehearsed}),
    **{kind: Lane({kind: partial(parts.shared, spec)}, spec=spec) for kind, spec in parts.KINDS.items()},
    "k": Lane({"twice": partial(parts.twice, parts.TWICE)}, spec=parts.TWICE),
}

ROUNDS = (_FIRST, {"l": Lane({"acknowledged": acknowledgements.acknowledged})})
"""One after another: who may go early waits while others are about to go, whoever they are, so nobody else shall be."""
LANES = {name: lane for some in ROUNDS for name, lane in some.items()}
