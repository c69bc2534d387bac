# SPDX-License-Identifier: Apache-2.0
"""The engines, and the switch that all of them obey. For admins."""

from typing import cast

from blazar_spot.client.documents import Engine, Switch
from blazar_spot.client.door import Door


class Engines:
    """Signs of life, and whether evictions are paused."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def list(self) -> list[Engine]:
        return cast("list[Engine]", self._door.get("engines")["engines"])

    def switch(self) -> Switch:
        return cast(Switch, self._door.get("switch")["switch"])

    def pause(self, reason: str = "") -> Switch:
        """No engine evicts anybody from now on; hosts whose reservations start meanwhile are late."""
        return self._turn(is_paused=True, reason=reason)

    def resume(self, reason: str = "") -> Switch:
        return self._turn(is_paused=False, reason=reason)

    def _turn(self, *, is_paused: bool, reason: str) -> Switch:
        return cast(Switch, self._door.put("switch", {"is_paused": is_paused, "reason": reason})["switch"])
