# SPDX-License-Identifier: Apache-2.0
"""What a reservation of slots needs before its owner can boot a server: slots on a host, and a flavor to ask for them.

Both can be done again and again. Nothing is raised: a host that could not be furnished is late and is tried again.
"""

import logging

from blazar.db import api as db_api
from blazar.plugins.instances.instance_plugin import nova_exceptions
from blazar.utils.openstack import nova, placement
from oslo_config import cfg

from blazar_spot.core.booking import Candidate

LOG = logging.getLogger(__name__)
CONF = cfg.CONF


class Furnishing(nova.NovaClientWrapper):
    """Blazar's own clients, with Blazar's rights."""

    def __init__(self) -> None:
        super().__init__(
            username=CONF.os_admin_username,
            password=CONF.os_admin_password,
            user_domain_name=CONF.os_admin_user_domain_name,
            project_name=CONF.os_admin_project_name,
            project_domain_name=CONF.os_admin_project_domain_name,
        )
        self._placement = placement.BlazarPlacementClient()

    def __call__(self, reservation_id: str, host: Candidate) -> bool:
        try:
            self._placement.update_reservation_inventory(host.host, reservation_id, host.slots)
            self._open(reservation_id)
        except Exception as error:
            LOG.warning("%s cannot be furnished for reservation %s: %s", host.host, reservation_id, error)
            return False
        return True

    def _open(self, reservation_id: str) -> None:
        lease = db_api.lease_get(db_api.reservation_get(reservation_id)["lease_id"])
        try:
            self.nova.flavor_access.add_tenant_access(reservation_id, lease["project_id"])
        except nova_exceptions.Conflict:
            LOG.debug("Project %s may use flavor %s already", lease["project_id"], reservation_id)
