# SPDX-License-Identifier: Apache-2.0
"""spot.host.plugin: Blazar's reservations of whole hosts, with promises kept to the spot instances on them.

The same resource type as upstream's plugin, so that clients notice nothing. Three things differ: the planner chooses
the hosts, every change of the calendar is made under one lock, and no host ever reaches a running reservation by
upstream's ``add_computehost``, which deletes every server on it: rows are written here, and ``doors`` does the rest.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from blazar.db import api as db_api
from blazar.plugins.oshosts.host_plugin import PhysicalHostPlugin
from blazar.utils.openstack import nova
from oslo_config import cfg
from oslo_log import log as logging

from blazar_spot.core.errors import Refused
from blazar_spot.plugins import at_work, calendar, updates
from blazar_spot.plugins.admission import Admission
from blazar_spot.plugins.answers import answered
from blazar_spot.plugins.attempts import tried
from blazar_spot.plugins.changes import Changes
from blazar_spot.plugins.duties import duties
from blazar_spot.plugins.filter import register
from blazar_spot.plugins.once import Once
from blazar_spot.plugins.prefetch import Prefetch
from blazar_spot.plugins.requests import request
from blazar_spot.plugins.returns import withdraw
from blazar_spot.plugins.settings import Settings

LOG = logging.getLogger(__name__)
CONF = cfg.CONF

register()


class SpotHostPlugin(PhysicalHostPlugin, metaclass=Once):
    """Whole hosts."""

    title = "Physical Host Plugin with spot instances between reservations"
    description = "This plugin reserves hosts, and frees them of spot instances in time."

    def __init__(self, ours: Settings) -> None:
        super().__init__()
        whole = ours.whole
        self.asked_next = Prefetch()
        self._admission = Admission(whole.booking, whole.clock)
        self._changes = Changes(whole.booking, whole.clock)
        self._doors = duties(ours).hosts
        self._returns = duties(ours).returns
        self._publishing = whole.publishing
        self.monitor = duties(ours).monitor
        duties(ours).interrupted.look_after(self.resource_type, self.on_end)

    def allocation_candidates(self, values: dict[str, Any]) -> list[str]:
        """The hosts that the reservation would get; an update asks with the reservation's own id."""
        self._check_params(values)
        with answered():
            try:
                hosts = self._admission.choose(values, without=values.get("id"))
            except Refused:
                return []
        self.asked_next.read(hosts)
        return hosts

    def list_allocations(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        """As upstream, without loading everything about every host of the cloud."""
        return self.asked_next.allocations(self, query)

    def get(self, host_id: str) -> dict[str, Any] | None:
        """Blazar asks for each of the hosts that it was given just before, one by one."""
        return self.asked_next.take(host_id) or super().get(host_id)

    def reserve_resource(self, reservation_id: str, values: dict[str, Any]) -> str:
        """Hold the hosts and write them down in one go; only then may the cloud be asked for anything.

        If this fails, Blazar rolls the whole lease back and tells no plugin.
        """
        at_work.note(values["lease_id"])
        self._check_params(values)
        try:
            with answered():
                with calendar.CHANGES:
                    held = self._admission.hold(reservation_id, values["lease_id"], values)
                    rows = calendar.allocate(reservation_id, held.ids)
                self._deallocate(rows[host] for host in self._admission.secure(held))
            return self._create_host_reservation(reservation_id, values)
        except Exception:
            self._admission.abandon(values["lease_id"])
            raise

    def _create_host_reservation(self, reservation_id: str, values: Mapping[str, Any]) -> str:
        prefix = CONF[self.resource_type].blazar_az_prefix
        aggregate = nova.ReservationPool().create(name=reservation_id, az=f"{prefix}{reservation_id}")
        return calendar.reserve(reservation_id, aggregate.id, values)

    def update_reservation(self, reservation_id: str, values: dict[str, Any]) -> None:
        """As upstream; but if it is refused, the whole lease has what it had."""
        with updates.together(reservation_id, values):
            super().update_reservation(reservation_id, values)

    def _update_allocations(
        self,
        dates_before: Mapping[str, Any],
        dates_after: Mapping[str, Any],
        reservation_id: str,
        reservation_status: str,
        host_reservation: Mapping[str, Any],
        values: Mapping[str, Any],
    ) -> None:
        """Write the rows; what a running reservation gets besides joins it through the late door."""
        reservation = db_api.reservation_get(reservation_id)
        after = {**reservation, **values, **dates_after}
        request(after)  # what is malformed is refused before anything is read
        updates.begin(reservation_id, dates_after)
        with answered():
            with calendar.CHANGES:
                change = self._changes.change(reservation, dates_before, after)
                besides = self._changes.hold(reservation_id, reservation["lease_id"], change)
                added = calendar.allocate(reservation_id, besides.ids) if besides else {}
                updates.add(reservation_id, added.values())
            try:
                unsure = self._changes.secure(reservation_id, change, besides)
            except Exception:
                if besides:
                    self._admission.release(besides)
                raise
            if gone := [*change.removed, *(added[host] for host in unsure)]:
                with calendar.CHANGES:
                    updates.remove(reservation_id, gone)

    def _deallocate(self, rows: Iterable[str]) -> None:
        if gone := list(rows):
            with calendar.CHANGES:
                calendar.deallocate(gone)

    def _reallocate(self, allocation: Mapping[str, Any]) -> bool:
        """Replace a failed host, by one that joins later if need be; the polls take the failed one home.

        If that comes to nothing, the reservation keeps it: healing looks only for rows of hosts that have failed.
        """
        is_replaced, name = False, allocation["reservation_id"]
        with tried(f"Reservation {name} keeps its failed host, trying again with the next healing"):
            is_replaced = self._replace(allocation)
        return is_replaced  # noqa: RET504 - what is tried may come to nothing

    def _replace(self, allocation: Mapping[str, Any]) -> bool:
        """Who has been given up, or has got another host, since Blazar looked needs none."""
        with calendar.CHANGES:
            if not db_api.host_allocation_get_all_by_values(
                id=allocation["id"], compute_host_id=allocation["compute_host_id"]
            ):
                return True
            reservation = db_api.reservation_get(allocation["reservation_id"])
            lease = updates.as_moved(reservation["id"], db_api.lease_get(reservation["lease_id"]))
            host = self._admission.hold_another(reservation, lease)
            if host is None:
                calendar.deallocate([allocation["id"]])
                LOG.warning("No other host for reservation %s (lease: %s).", reservation["id"], lease["name"])
                return False
            db_api.host_allocation_update(allocation["id"], {"compute_host_id": host})
        LOG.warning("Resource changed for reservation %s (lease: %s).", reservation["id"], lease["name"])
        return True

    def on_start(self, resource_id: str) -> None:
        """Hand over what is clean; no host is waited for, and no server is deleted."""
        self._doors.start(resource_id)

    def on_end(self, resource_id: str) -> None:
        """Give the hosts up in the calendar, then take back what comes free soon; the polls take back the rest.

        Whatever fails on the way, the lease has ended: upstream would end it in ERROR, with its hosts lost.
        """
        wanted = db_api.host_reservation_get(resource_id)
        db_api.host_reservation_update(resource_id, {"status": "completed"})
        with calendar.CHANGES:
            rows = db_api.host_allocation_get_all_by_values(reservation_id=wanted["reservation_id"])
            calendar.deallocate(row["id"] for row in rows)
            updates.forget(wanted["reservation_id"])
            withdraw(self._publishing, wanted["reservation_id"])
        self._doors.close(wanted["reservation_id"])
        self._returns.end(wanted["aggregate_id"])
