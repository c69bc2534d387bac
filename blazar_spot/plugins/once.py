# SPDX-License-Identifier: Apache-2.0
"""One object of each plugin in a process, whoever asks for it.

Blazar builds each plugin that an operator names; the flavor plugin works with the other two whether they are named or
not. Upstream's plugins build a second one of each then, and every one that is built heals reservations on its own.
"""

from abc import ABCMeta
from typing import Any

from blazar_spot.plugins.settings import Settings, settings


class Once(ABCMeta):
    """Makes a class give out its one object for these settings."""

    def __call__(cls, ours: Settings | None = None) -> Any:
        # First ours, which may not be usable: upstream's constructors leave a healing handler behind for ever.
        ours = ours or settings()
        if cls not in ours.made:
            ours.made[cls] = super().__call__(ours)
        return ours.made[cls]
