# SPDX-License-Identifier: Apache-2.0
"""What a reservation of slots needs before its owner can boot a server: slots on a host, and a flavor to ask for them;
and how all that is taken away again.

What is done for several hosts is done side by side.

All of it can be done again and again. Furnishing raises nothing: a host that could not be furnished is late and is
tried again. What is taken away raises whatever Blazar's clients raise.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from blazar.db import api as db_api
from blazar.plugins.instances.instance_plugin import nova_exceptions
from blazar.utils.openstack.exceptions import ResourceProviderNotFound
from oslo_config import cfg

from blazar_spot.core.booking import Candidate
from blazar_spot.core.sharing import reservation_class
from blazar_spot.enforcement.handback import AT_ONCE
from blazar_spot.enforcement.parallel import at_once
from blazar_spot.plugins.bounded import Bounded, Placement

LOG = logging.getLogger(__name__)
CONF = cfg.CONF

PROVIDER = "blazar_"
"""What Blazar puts before a host's name for the provider of reservations' slots on it."""

Make = Callable[[Mapping[str, Any]], object]
"""Makes the flavor of a reservation, from Blazar's record of it."""


class Furnishing(Bounded):
    """Blazar's own clients, with Blazar's rights."""

    def __init__(self) -> None:
        super().__init__(
            username=CONF.os_admin_username,
            password=CONF.os_admin_password,
            user_domain_name=CONF.os_admin_user_domain_name,
            project_name=CONF.os_admin_project_name,
            project_domain_name=CONF.os_admin_project_domain_name,
        )
        self._makers: dict[str, Make] = {}
        self._opening = threading.Lock()
        self._opened: threading.Event | None = None

    def make_by(self, resource_type: str, make: Make) -> None:
        """Flavors for reservations of this type are made so."""
        self._makers[resource_type] = make

    def __call__(self, reservation_id: str, host: Candidate, is_shut: threading.Event) -> bool:
        try:
            Placement().update_reservation_inventory(host.host, reservation_id, host.slots)
            with self._opening:
                return self._opened is is_shut or self._open_unless(reservation_id, is_shut)
        except Exception as error:
            LOG.warning("%s cannot be furnished for reservation %s: %s", host.host, reservation_id, error)
            return False

    def _open_unless(self, reservation_id: str, is_shut: threading.Event) -> bool:
        """Once for all hosts that come to a reservation side by side: these have one gate. Who had to wait for so long
        that it is shut leaves it to those who come next."""
        if is_shut.is_set():
            return False
        self._open(reservation_id)
        self._opened = is_shut
        return True

    def _open(self, reservation_id: str) -> None:
        """Let the owner boot servers. An update during which Nova or the database failed may have left no flavor or a
        wrong one: it is made again, but only before anybody may use it, since then there is no server of it."""
        reservation = db_api.reservation_get(reservation_id)
        project = db_api.lease_get(reservation["lease_id"])["project_id"]
        client = self.nova
        try:
            users = _users(client, reservation_id)
            is_usable = bool(users) or _is_whole(client.flavors.get(reservation_id), reservation)
        except nova_exceptions.NotFound:
            users, is_usable = [], False
        if project in users:
            return
        if not is_usable:
            LOG.warning("Nova does not have flavor %s as it is reserved; it is made again", reservation_id)
            self._unmake(reservation_id)
            self._makers[reservation["resource_type"]](reservation)
        with suppress(nova_exceptions.Conflict):
            client.flavor_access.add_tenant_access(reservation_id, project)

    def close(self, reservation_id: str) -> None:
        """Let nobody boot servers of the reservation any more."""
        try:
            for project in _users(self.nova, reservation_id):
                self.nova.flavor_access.remove_tenant_access(reservation_id, project)
        except nova_exceptions.NotFound:
            LOG.debug("There is no flavor %s any more", reservation_id)

    def servers(self, reservation_id: str) -> frozenset[str]:
        """The servers of the reservation's flavor, on whatever host or none; soft-deleted ones are not listed."""
        wanted = {"flavor": reservation_id, "all_tenants": 1}
        return frozenset(server.id for server in self.nova.servers.list(search_opts=wanted, detailed=False))

    def strip(self, reservation_id: str, hosts: Iterable[str]) -> None:
        """Take away the slots on these hosts and wherever else they are, and the flavor."""
        client = Placement()
        slotted = {*hosts, *_slotted(client, reservation_id)}
        at_once(lambda host: _clear(client, reservation_id, host), sorted(slotted), AT_ONCE)
        client.delete_reservation_class(reservation_id)
        self._unmake(reservation_id)

    def take(self, reservation_id: str, host: str) -> None:
        """Take away the slots on this host."""
        _clear(Placement(), reservation_id, host)

    def _unmake(self, reservation_id: str) -> None:
        try:
            self.nova.flavors.delete(reservation_id)
        except nova_exceptions.NotFound:
            LOG.debug("There is no flavor %s any more", reservation_id)


def _slotted(client: Placement, reservation_id: str) -> frozenset[str]:
    """The hosts that have slots of the reservation which nobody holds. One may have got them just before its
    blazar-manager died, and have been replaced before it could join."""
    name = reservation_class(reservation_id)
    if client.get(f"/resource_classes/{name}").status_code == HTTPStatus.NOT_FOUND:
        return frozenset()
    found = client.list_resource_providers(query=f"resources={name}:1")
    return frozenset(one["name"].removeprefix(PROVIDER) for one in found)


def _clear(client: Placement, reservation_id: str, host: str) -> None:
    try:
        client.delete_reservation_inventory(host, reservation_id)
    except ResourceProviderNotFound:
        LOG.debug("%s has no slots", host)


def _users(client: Any, reservation_id: str) -> list[str]:
    """The projects that may use the reservation's flavor."""
    return [access.tenant_id for access in client.flavor_access.list(flavor=reservation_id)]


def _is_whole(flavor: Any, reservation: Mapping[str, Any]) -> bool:
    """Whether the flavor has the size that is reserved, and its extra specs, which come last when it is made."""
    size = tuple(reservation[name] for name in ("vcpus", "memory_mb", "disk_gb"))
    return (flavor.vcpus, flavor.ram, flavor.disk) == size and bool(flavor.get_keys())
