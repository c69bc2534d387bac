# SPDX-License-Identifier: Apache-2.0
"""/v1/vendordata: what Nova's metadata service asks on behalf of a guest, to show it in vendor_data2.json.

It is a copy that the tenant cannot change, unlike the server's metadata.
"""

import falcon

from blazar_spot.api import policies
from blazar_spot.api.asking import asked
from blazar_spot.api.handlers.events import rendered
from blazar_spot.core.incidents import Wanted
from blazar_spot.core.notice import metadata
from blazar_spot.enforcement.queries import Queries


class VendordataHandler:
    """The guest's view of its own open event."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        asked(req).caller.must(policies.VENDORDATA)
        guest = asked(req).body
        wanted = Wanted(project_id=guest["project-id"], instance_id=guest["instance-id"])
        found = self._queries.incidents(wanted, None, 1).incidents
        resp.media = metadata(found[0].notice) | {"event": rendered(found[0], with_host=False)} if found else {}
