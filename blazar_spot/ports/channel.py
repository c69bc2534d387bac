# SPDX-License-Identifier: Apache-2.0
"""A way to tell the world about notices, besides what the guest itself reads."""

from typing import Protocol

from blazar_spot.core.events import Event


class Channel(Protocol):
    """One way. It is used by one thread."""

    def send(self, event: Event) -> None:
        """Pass the event on; returning means that whoever is to deliver it has it for good.

        May be repeated with the same event: receivers know it by its id. ``Temporary`` if it may work later,
        ``Permanent`` if it never will. Takes a few seconds at most, and may be as slow without harm to other channels.
        """
