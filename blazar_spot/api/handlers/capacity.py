# SPDX-License-Identifier: Apache-2.0
"""/v1/capacity: how many spot instances could boot now."""

import falcon

from blazar_spot.api import policies
from blazar_spot.api.asking import asked
from blazar_spot.api.paging import iso
from blazar_spot.enforcement.capacity import Capacity


class CapacityHandler:
    """All flavors that the caller may know of."""

    def __init__(self, capacity: Capacity) -> None:
        self._capacity = capacity

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        caller = asked(req).caller
        caller.must(policies.SHOW_CAPACITY)
        sees_all = caller.may(policies.SHOW_ALL_CAPACITY)
        found = self._capacity.now()
        resp.media = {
            "as_of": iso(found.at),
            "flavors": [
                {"id": one.id, "name": one.name, "available": one.available, "resources": dict(one.size)}
                for one in found.offers
                if sees_all or one.is_public
            ],
        }
