# SPDX-License-Identifier: Apache-2.0
"""The life of a reclaim: its states and the one table of what may follow what.

The table is the truth; the drawing in the documentation is made from it. What to do next is decided in ``steps``.
"""

from enum import StrEnum


class State(StrEnum):
    """Where a reclaim stands."""

    PLANNED = "planned"
    """Known; nothing on the cloud has been touched."""
    FENCED = "fenced"
    """The host's pool is closed: no new spot instance can be scheduled to it."""
    NOTIFIED = "notified"
    """Every spot instance on the host has been told when it ends."""
    EVICTING = "evicting"
    """The notices have run out; the instances are being deleted."""
    VERIFYING = "verifying"
    """Every delete was accepted; the host has not been seen clean yet."""
    READY = "ready"
    """All witnesses saw the host clean."""
    HANDED_OVER = "handed_over"
    """The host serves its reservation."""
    OVERDUE = "overdue"
    """The start has come and the host is not clean; still being worked on."""
    CANCELLED = "cancelled"
    """The claim was withdrawn before the hand-over."""
    EXPIRED = "expired"
    """The claim ended without a hand-over."""


ENDED = frozenset({State.HANDED_OVER, State.CANCELLED, State.EXPIRED})

_ALWAYS = {State.CANCELLED, State.EXPIRED, State.HANDED_OVER}
"""May follow any open state: a claim can go away at any time, and the gate hands a host over when it has itself seen
it clean, whatever the engine has recorded so far."""

MAY_FOLLOW: dict[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.FENCED} | _ALWAYS),
    State.FENCED: frozenset({State.NOTIFIED, State.EVICTING, State.PLANNED} | _ALWAYS),
    State.NOTIFIED: frozenset({State.EVICTING, State.PLANNED} | _ALWAYS),
    State.EVICTING: frozenset({State.VERIFYING, State.OVERDUE, State.PLANNED} | _ALWAYS),
    State.VERIFYING: frozenset({State.EVICTING, State.READY, State.OVERDUE, State.PLANNED} | _ALWAYS),
    State.READY: frozenset({State.EVICTING, State.PLANNED} | _ALWAYS),
    State.OVERDUE: frozenset({State.READY, State.PLANNED} | _ALWAYS),
    State.HANDED_OVER: frozenset(),
    State.CANCELLED: frozenset(),
    State.EXPIRED: frozenset(),
}
