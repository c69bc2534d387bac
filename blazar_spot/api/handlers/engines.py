# SPDX-License-Identifier: Apache-2.0
"""/v1/engines and /v1/switch: how the engines do, and whether they evict."""

from typing import Any

import falcon

from blazar_spot.api import policies
from blazar_spot.api.asking import asked
from blazar_spot.core.heartbeat import Heartbeat
from blazar_spot.core.instants import iso
from blazar_spot.core.switch import Switch
from blazar_spot.enforcement.engines import Engines


class EnginesHandler:
    """The signs of life of all engines."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        asked(req).caller.must(policies.LIST_ENGINES)
        resp.media = {"engines": [_sign(one, is_silent=is_silent) for one, is_silent in self._engines.signs()]}


class SwitchHandler:
    """The switch that all engines obey."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        asked(req).caller.must(policies.SHOW_SWITCH)
        resp.media = _switch(self._engines.switch())

    def on_put(self, req: falcon.Request, resp: falcon.Response) -> None:
        asked(req).caller.must(policies.TURN_SWITCH)
        body = asked(req).body
        resp.media = _switch(self._engines.turn(is_paused=body["is_paused"], reason=body.get("reason", "")))


def _sign(beat: Heartbeat, *, is_silent: bool) -> dict[str, Any]:
    return {
        "id": beat.id,
        "host": beat.host,
        "pid": beat.pid,
        "mode": beat.mode,
        "started_at": iso(beat.started_at),
        "beat_at": iso(beat.beat_at),
        "worked_at": _iso(beat.worked_at),
        "failing_since": _iso(beat.failing_since),
        "is_silent": is_silent,
    }


def _switch(switch: Switch) -> dict[str, Any]:
    is_paused = switch.paused_at is not None
    return {"switch": {"is_paused": is_paused, "paused_at": _iso(switch.paused_at), "reason": switch.reason}}


def _iso(instant: int | None) -> str | None:
    return None if instant is None else iso(instant)
