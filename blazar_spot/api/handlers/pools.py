# SPDX-License-Identifier: Apache-2.0
"""/v1/pools: the spot pools of all hosts, for operators."""

from typing import Any

import falcon

from blazar_spot.api import policies
from blazar_spot.api.asking import asked
from blazar_spot.api.paging import iso, links, mark
from blazar_spot.enforcement.stocks import PoolView, Stocks, Wanting
from blazar_spot.ports.stock import Level


def rendered(pool: PoolView) -> dict[str, Any]:
    """The pool as those outside see it."""
    return {
        "host": pool.host,
        "is_closed": pool.is_closed,
        "closed_because": [reason.value for reason in pool.because],
        "instances": pool.instances,
        "resources": [] if pool.level is None else _resources(pool.level),
        "claims": [_claim(one) for one in pool.holding],
        "next_claim": None if pool.next_claim is None else _claim(pool.next_claim),
    }


def _resources(level: Level) -> list[dict[str, Any]]:
    return [
        {
            "resource_class": name,
            "total": total,
            "reserved": level.reserved.get(name, 0),
            "used": level.used.get(name, 0),
        }
        for name, total in sorted(level.total.items())
    ]


def _claim(wanting: Wanting) -> dict[str, Any]:
    claim, reclaim = wanting
    return {
        "reclaim_id": claim.id,
        "lease_id": claim.lease_id,
        "state": "planned" if reclaim is None else reclaim.state.value,
        "is_whole": claim.room is None,
        "fence_at": None if reclaim is None else iso(reclaim.fence_at),
        "start_at": iso(claim.start_at),
        "end_at": iso(claim.end_at),
    }


class PoolsHandler:
    """The list."""

    def __init__(self, stocks: Stocks) -> None:
        self._stocks = stocks

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        asked(req).caller.must(policies.LIST_POOLS)
        query = asked(req).query
        after = mark(query)
        page = self._stocks.page(after.id if after else "", query["limit"])
        resp.media = {"pools": [rendered(one) for one in page.found], "links": links(req, page.more_after)}


class PoolHandler:
    """One pool."""

    def __init__(self, stocks: Stocks) -> None:
        self._stocks = stocks

    def on_get(self, req: falcon.Request, resp: falcon.Response, host: str) -> None:
        asked(req).caller.must(policies.LIST_POOLS)
        resp.media = {"pool": rendered(self._stocks.one(host))}
