# SPDX-License-Identifier: Apache-2.0
"""/v1/closures, and what closes, drains and opens a pool: the hosts that operators keep for themselves."""

from typing import Any

import falcon

from blazar_spot.api import policies
from blazar_spot.api.asking import asked
from blazar_spot.api.paging import iso
from blazar_spot.core.closures import Closed
from blazar_spot.core.instants import from_iso
from blazar_spot.enforcement.closing import Closing
from blazar_spot.enforcement.draining import Draining


def rendered(closed: Closed) -> dict[str, Any]:
    """The closure as operators see it."""
    closure, claim, reclaim = closed.closure, closed.claim, closed.reclaim
    return {
        "host": closure.id,
        "state": closed.stage.value,
        "reason": closure.reason,
        "closed_at": iso(closure.closed_at),
        "by": iso(claim.start_at if claim else None),
        "evict_at": iso(reclaim.evict_at if reclaim else None),
        "reclaim_id": claim.id if claim else None,
        "waits_for": closed.waits_for,
    }


class ClosuresHandler:
    """All hosts that are closed."""

    def __init__(self, closing: Closing) -> None:
        self._closing = closing

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        asked(req).caller.must(policies.LIST_CLOSURES)
        resp.media = {"closures": [rendered(one) for one in self._closing.closed()]}


class CloseHandler:
    """No more spot instances on one host."""

    def __init__(self, closing: Closing) -> None:
        self._closing = closing

    def on_post(self, req: falcon.Request, resp: falcon.Response, host: str) -> None:
        asked(req).caller.must(policies.CLOSE_POOL)
        body = asked(req).body or {}
        resp.media = {"closure": rendered(self._closing.close(host, body.get("reason", "")))}


class DrainHandler:
    """Nobody on one host."""

    def __init__(self, draining: Draining) -> None:
        self._draining = draining

    def on_post(self, req: falcon.Request, resp: falcon.Response, host: str) -> None:
        asked(req).caller.must(policies.DRAIN_POOL)
        body = asked(req).body or {}
        by = _instant(body["by"]) if "by" in body else None
        resp.status = falcon.HTTP_202
        resp.media = {"closure": rendered(self._draining.drain(host, by, body.get("reason", "")))}


class OpenHandler:
    """Everything as it was."""

    def __init__(self, closing: Closing) -> None:
        self._closing = closing

    def on_post(self, req: falcon.Request, resp: falcon.Response, host: str) -> None:
        asked(req).caller.must(policies.OPEN_POOL)
        self._closing.open(host)
        resp.status = falcon.HTTP_204


def _instant(text: str) -> int:
    """Of those that are written as an instant some are none, like the 30th of February."""
    try:
        return from_iso(text)
    except ValueError as error:
        raise falcon.HTTPBadRequest(description="The body.by is no instant.") from error
