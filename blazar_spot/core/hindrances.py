# SPDX-License-Identifier: Apache-2.0
"""What keeps the engines from carrying out an order: how far they are configured to go, the switch, or that none lives.

The first is nobody's who orders, and may stay so for ever: such an order is refused. The others pass: such an order is
taken, and whoever reads of it reads why nothing happens yet.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from blazar_spot.core.heartbeat import Heartbeat
from blazar_spot.core.switch import Mode, Switch

_MODES = list(Mode)
_LACKS = {
    Mode.OBSERVE: "nothing in the cloud is touched and nobody is told",
    Mode.PROTECT: "nobody is evicted",
}


@dataclass(frozen=True, slots=True)
class Hindrance:
    """A sentence for whoever ordered; ``is_configured`` if it lasts until somebody configures an engine otherwise."""

    sentence: str
    is_configured: bool = False


def hindrance(needed: Mode, beats: Iterable[Heartbeat], switch: Switch, now: int) -> Hindrance | None:
    """What is in the way of an order that takes an engine of this mode at least; None if nothing is.

    One engine that goes as far is enough. One that was started again otherwise is counted twice until its first life
    is silent.
    """
    modes = {one.mode for one in beats if not one.is_silent(now)}
    if not modes:
        return Hindrance("No engine gives a sign of life.")
    if not modes & {mode.value for mode in _MODES[_MODES.index(needed) :]}:
        return _too_careful(max(modes, key=lambda mode: _MODES.index(Mode(mode))))
    if needed is Mode.ENFORCE and switch.paused_at is not None:
        return Hindrance("Evictions are paused.")
    return None


def _too_careful(mode: str) -> Hindrance:
    return Hindrance(f"The engine's mode is {mode}, in which {_LACKS[Mode(mode)]}.", is_configured=True)
