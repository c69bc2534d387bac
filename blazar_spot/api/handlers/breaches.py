# SPDX-License-Identifier: Apache-2.0
"""/v1/breaches: the promises that were broken, for operators."""

import falcon

from blazar_spot.api import policies
from blazar_spot.api.asking import asked
from blazar_spot.api.paging import iso, links, mark
from blazar_spot.enforcement.overview import Overviews


class BreachesHandler:
    """The list, the last one first."""

    def __init__(self, overviews: Overviews) -> None:
        self._overviews = overviews

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        caller, query = asked(req).caller, asked(req).query
        caller.must(policies.LIST_BREACHES)
        page = self._overviews.breaches(mark(query), query["limit"])
        found = [
            {
                "id": one.id,
                "at": iso(one.at),
                "cause": one.cause.value,
                "reclaim_id": one.reclaim_id,
                "host": one.host,
                "instance_id": one.subject or None,
                "details": one.details,
            }
            for one in page.found
        ]
        resp.media = {"breaches": found, "links": links(req, page.more_after)}
