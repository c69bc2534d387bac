# SPDX-License-Identifier: Apache-2.0
"""Whether an instance that the compute service has no row of any more is really gone from its host.

A row may go without its guest: of a server whose compute is taken for down the service deletes its own row alone, and
the guest runs on until the compute itself finds it. Only the compute's own word is a proof. Without one, time is: the
compute looks for such guests now and then and destroys them.
"""

from dataclasses import dataclass

SETTLED_AFTER = 10
"""Seconds after which what is written down of a deletion is complete: the row goes a moment before the last word."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """The last request to delete a server: whether its compute has begun with it, and has said that it was done."""

    is_taken: bool
    is_done: bool


def has_left(deletion: Deletion | None, missed_for: int, reaper_seconds: int) -> bool:
    """Whether nothing of an instance is left on its host, which has been up for as long as the instance was missed.

    What a compute has begun and nobody has asked for again, that compute has finished, be it after a restart.
    """
    if missed_for >= reaper_seconds:
        return True
    if deletion is None:
        return False
    return deletion.is_done or (deletion.is_taken and missed_for >= SETTLED_AFTER)
