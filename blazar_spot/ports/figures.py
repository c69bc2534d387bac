# SPDX-License-Identifier: Apache-2.0
"""Where the figures come from that monitoring reads."""

from typing import Protocol

from blazar_spot.core.figures import Figures


class Statistics(Protocol):
    """Counts what is stored, and changes nothing. It may be asked by several threads."""

    def figures(self, now: int) -> Figures:
        """How it goes at this instant. May raise ``Unreachable``."""
