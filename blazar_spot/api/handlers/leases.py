# SPDX-License-Identifier: Apache-2.0
"""/v1/leases: one line for each lease, over all of its hosts, for those who look at many leases at once."""

from typing import Any

import falcon

from blazar_spot.api import policies
from blazar_spot.api.asking import asked
from blazar_spot.api.paging import iso, links, mark
from blazar_spot.core.overviews import Summary
from blazar_spot.enforcement.overview import Overviews


def rendered(summary: Summary) -> dict[str, Any]:
    """The lease as those outside see it."""
    return {
        "lease_id": summary.lease_id,
        "lease_name": summary.lease_name,
        "project_id": summary.project_id,
        "state": summary.state.value,
        "hosts": summary.hosts,
        "hosts_ready": summary.hosts_ready,
        "instances": summary.instances,
        "instances_to_go": summary.to_go,
        "evict_at": iso(summary.evict_at),
        "start_at": iso(summary.start_at),
        "end_at": iso(summary.end_at),
        "breaches": summary.breaches,
    }


class LeasesHandler:
    """The list."""

    def __init__(self, overviews: Overviews) -> None:
        self._overviews = overviews

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        caller, query = asked(req).caller, asked(req).query
        of_all = query["all_projects"]
        caller.must(policies.LIST_LEASES_OF_ALL if of_all else policies.LIST_LEASES)
        project = None if of_all else caller.project_id
        if query["lease_id"] is not None:
            found = self._overviews.leases(project, query["lease_id"])
            resp.media = {"leases": [rendered(one) for one in found], "links": []}
            return
        after = mark(query)
        page = self._overviews.lease_page(project, after.id if after else "", query["limit"])
        resp.media = {"leases": [rendered(one) for one in page.found], "links": links(req, page.more_after)}
