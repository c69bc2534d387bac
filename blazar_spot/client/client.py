# SPDX-License-Identifier: Apache-2.0
"""The service as one object."""

from typing import Any

from keystoneauth1.adapter import Adapter
from keystoneauth1.session import Session

from blazar_spot.client.door import Door, Page, path
from blazar_spot.client.engines import Engines
from blazar_spot.client.events import Events
from blazar_spot.client.flavors import Flavors
from blazar_spot.client.instances import Instances
from blazar_spot.client.plans import Plans
from blazar_spot.client.pools import Pools
from blazar_spot.client.reclaims import Breaches, Leases, Reclaims
from blazar_spot.client.webhooks import Deliveries, Webhooks

SERVICE_TYPE = "spot"


class Client:
    """What may be asked of it, by the kind of object.

    The session says who asks. Whatever else an adapter of keystoneauth takes may be given: ``region_name``,
    ``interface``, ``endpoint_override`` (which ends with the version), ``connect_retries`` ...
    """

    def __init__(self, session: Session, **adapter: Any) -> None:
        usual = {"service_type": SERVICE_TYPE, "min_version": "1.0", "max_version": "1.latest"}
        self._door = door = Door(Adapter(session, client_name="blazar-spot", **{**usual, **adapter}))
        self.instances = Instances(door)
        self.events = Events(door)
        self.reclaims = Reclaims(door)
        self.leases = Leases(door)
        self.breaches = Breaches(door)
        self.webhooks = Webhooks(door)
        self.deliveries = Deliveries(door)
        self.plans = Plans(door)
        self.pools = Pools(door)
        self.flavors = Flavors(door)
        self.engines = Engines(door)

    def page(self, *where: str, limit: int, marker: str | None = None, **query: Any) -> Page:
        """One page of the list at this path, for those who turn the pages themselves; the other lists do it for you."""
        return self._door.page(path(*where), where[-1], {**query, "limit": limit, "marker": marker})
