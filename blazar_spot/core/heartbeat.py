# SPDX-License-Identifier: Apache-2.0
"""A sign of life of one engine: that it runs, and whether its ticks go through.

It says nothing about reclaims and decides nothing; people and their monitoring read it.
"""

from dataclasses import dataclass

from blazar_spot.core.instants import minute

OLD = 24 * 3600
"""How long a process that has ended is remembered."""
SILENT_AFTER = 120
"""After so long without a tick an engine is said to be silent: longer than it waits while nothing works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """``beat_at`` is when its last tick ended, ``worked_at`` when the last one ended that went through, and
    ``failing_since`` since when none does. ``heard_at`` is when it last heard of a spot instance on the message bus, or
    began to listen; None if it does not."""

    id: str
    host: str
    pid: int
    mode: str
    started_at: int
    beat_at: int
    worked_at: int | None = None
    failing_since: int | None = None
    heard_at: int | None = None
    version: int = 0

    def is_silent(self, now: int) -> bool:
        """Whether it should have given another sign by now."""
        return now - self.beat_at > SILENT_AFTER

    def told(self, now: int) -> str:
        """One line for people."""
        who = f"Engine {self.pid} on {self.host} ({self.mode}, started {minute(self.started_at)})"
        if self.is_silent(now):
            return f"{who} gave no sign of life for {now - self.beat_at} s"
        if self.failing_since is not None:
            return f"{who}: nothing has worked since {minute(self.failing_since)} ({now - self.failing_since} s)"
        return f"{who} works; its last tick ended {now - self.beat_at} s ago"
