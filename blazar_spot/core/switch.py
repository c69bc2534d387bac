# SPDX-License-Identifier: Apache-2.0
"""How far the engine may go: its configured mode, and the operator's switch that stops evictions at once.

The switch is kept in the database, so that all engines obey it from their next tick on.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class Mode(StrEnum):
    """Each one does what the one before it does, and more."""

    OBSERVE = "observe"
    """Keeps the ledger and the plans, and writes nothing to the cloud."""
    PROTECT = "protect"
    """Also closes pools and gives notices, and evicts nobody."""
    ENFORCE = "enforce"
    """Also evicts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """Evictions are paused while ``paused_at`` is set."""

    id: str = "evictions"
    paused_at: int | None = None
    reason: str = ""
    version: int = 0


def turned(switch: Switch, now: int, *, is_paused: bool, reason: str) -> Switch:
    """The switch after somebody turned it; pausing what is paused only says another reason."""
    if not is_paused:
        return replace(switch, paused_at=None, reason="")
    return replace(switch, paused_at=now if switch.paused_at is None else switch.paused_at, reason=reason)


def withheld(mode: Mode, switch: Switch) -> str:
    """Why nobody may be evicted now; empty if somebody may."""
    if mode is not Mode.ENFORCE:
        return f"the engine's mode is {mode}"
    if switch.paused_at is not None:
        return f"evictions are paused: {switch.reason or 'no reason was given'}"
    return ""
