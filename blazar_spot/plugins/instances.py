# SPDX-License-Identifier: Apache-2.0
"""spot.instance.plugin: Blazar's reservations of slots of a size, on hosts that they share with spot instances.

The same resource type as upstream's plugin. The planner chooses the hosts, only as much is freed as was reserved, and
no host reaches a running reservation but through our doors. It heals reservations of flavors too, which upstream
nobody does.
"""

from contextlib import suppress
from typing import Any

from blazar import status
from blazar.db import api as db_api
from blazar.db import utils as db_utils
from blazar.manager.exceptions import InvalidStateUpdate, MalformedParameter, NovaClientError
from blazar.plugins.instances.instance_plugin import VirtualInstancePlugin, nova_exceptions
from oslo_log import log as logging
from oslo_utils.strutils import validate_integer

from blazar_spot.core.errors import Refused
from blazar_spot.plugins import calendar, updates
from blazar_spot.plugins.answers import answered
from blazar_spot.plugins.asks import Ask, Asks, Values
from blazar_spot.plugins.attempts import tried
from blazar_spot.plugins.bounded import Bounded
from blazar_spot.plugins.duties import duties
from blazar_spot.plugins.filter import register
from blazar_spot.plugins.once import Once
from blazar_spot.plugins.prefetch import Prefetch
from blazar_spot.plugins.returns import withdraw
from blazar_spot.plugins.servings import SLOTS
from blazar_spot.plugins.settings import Settings
from blazar_spot.plugins.slot_changes import check, is_changed, only_grows, row_of
from blazar_spot.plugins.slots import Slots
from blazar_spot.plugins.tenure import Tenure, slots_by_host

LOG = logging.getLogger(__name__)

LEAST = {"vcpus": 1, "memory_mb": 1, "disk_gb": 0}
"""Nova makes no flavor of less."""

register()


class SpotInstancePlugin(Bounded, VirtualInstancePlugin, metaclass=Once):
    """Slots of a size."""

    title = "Virtual Instance Plugin with spot instances beside reservations"
    description = "This plugin reserves parts of hosts, and frees them of spot instances in time."

    def __init__(self, ours: Settings) -> None:
        super().__init__()
        self._asked_next = Prefetch()
        self.slots = Slots(ours.whole)
        self.tenure = Tenure(self.slots)
        self.asks = Asks(ours.pci_aliases)
        self._doors = duties(ours).parts
        self._returns = duties(ours).slot_returns
        self._publishing = ours.whole.publishing
        self.monitor = duties(ours).monitor
        duties(ours).furnishing.make_by(self.resource_type, self._make_flavor)
        duties(ours).interrupted.look_after(self.resource_type, self.on_end)

    def judge_create(self, values: Values) -> None:
        """Raise ``Refused`` if the slots cannot be had."""
        asked = dict(values)
        self._check(asked)
        self.slots.choose_slots(self.asks.of_instances(asked))

    def judge_update(self, reservation: Values, before: Values, after: dict[str, Any]) -> list[str]:
        """The hosts' ids, one for each slot, or raise ``Refused`` if the reservation cannot be changed so."""
        self._check(after)
        ask = self.asks.of_instances(after)
        if only_grows(reservation, after):
            kept = self.tenure.judge(reservation, ask, before, after)
            return kept + self.slots.judge_more(ask, slots_by_host(reservation["id"]))
        if is_changed(reservation, after):
            self.slots.must_be_ahead(reservation["id"], ask.wish)
        else:
            try:
                return self.tenure.judge(reservation, ask, before, after)
            except Refused:
                if not self._may_wander(reservation, ask):
                    raise
        return self.slots.choose_slots(ask, without=reservation["id"])

    def _may_wander(self, reservation: Values, ask: Ask) -> bool:
        """Whether nothing has been done yet for the reservation."""
        return reservation["status"] == status.reservation.PENDING and self.slots.is_ahead(reservation["id"], ask.wish)

    def allocation_candidates(self, reservation: dict[str, Any]) -> list[str]:
        """The hosts that the reservation would get, one for each slot."""
        self._check(reservation)
        with answered():
            try:
                hosts = self.slots.choose_slots(self.asks.of_instances(reservation), without=reservation.get("id"))
            except Refused:
                return []
        self._asked_next.read(hosts)
        return hosts

    def list_allocations(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        """As upstream, without loading everything about every host of the cloud."""
        return self._asked_next.allocations(self, query)

    def get(self, host_id: str) -> dict[str, Any] | None:
        """Blazar asks for each of the hosts that it was given just before, one by one."""
        return self._asked_next.take(host_id) or super().get(host_id)

    def reserve_resource(self, reservation_id: str, values: dict[str, Any]) -> str:
        """Hold the slots and write them down; only then may Nova be asked for anything.

        If this fails, Blazar rolls the whole lease back and tells no plugin.
        """
        self._check(values)
        try:
            stored = self.tenure.begin(
                reservation_id, values["lease_id"], self.asks.of_instances(values), row_of(values)
            )
            return self._furnished(stored)
        except Exception:
            self.slots.abandon(values["lease_id"])
            raise

    def _check(self, values: dict[str, Any]) -> None:
        self._check_missing_reservation_params(values)
        self._validate_reservation_params(values)

    def _validate_reservation_params(self, values: dict[str, Any]) -> None:
        """As upstream, and the size of a slot, which upstream passes on as it comes."""
        super()._validate_reservation_params(values)
        for name in LEAST.keys() & values.keys():
            try:
                values[name] = validate_integer(values[name], name, LEAST[name], db_api.DB_MAX_INT)
            except ValueError as error:
                raise MalformedParameter(str(error)) from None

    def _furnished(self, stored: Values) -> str:
        try:
            flavor, group, aggregate = self._create_resources(stored)
        except nova_exceptions.ClientException as error:
            LOG.exception("Nova does not make what reservation %s needs", stored["reservation_id"])
            self.cleanup_resources(stored)
            raise NovaClientError() from error
        made = {"flavor_id": flavor.id, "server_group_id": group.id if group else None, "aggregate_id": aggregate.id}
        calendar.amend_slots(stored["id"], made)
        resource_id: str = stored["id"]
        return resource_id

    def update_reservation(self, reservation_id: str, new_values: dict[str, Any]) -> None:
        """Move the reservation in time. Its parameters can change while nothing has been done for it yet; while it
        runs it can be given more slots.

        As upstream, but whatever is refused leaves the lease as it was: upstream's ``InvalidStateUpdate`` does not.
        """
        with updates.together(reservation_id, new_values):
            self._validate_reservation_params(new_values)
            lease = updates.begin(reservation_id, new_values)
            with answered():
                self._update(db_api.reservation_get(reservation_id), lease, new_values)

    def _update(self, reservation: Values, lease: Values, new_values: Values) -> None:
        after = {**reservation, **new_values}
        check(reservation, lease, after)
        ask, row = self.asks.of_instances(after), row_of(after)
        if only_grows(reservation, after):
            self.tenure.move(reservation, ask, lease, after)
            self.tenure.grow(reservation, ask, row)
        elif is_changed(reservation, after) or not self._stays(reservation, ask, lease, after):
            self.tenure.choose_again(reservation, ask, row)
            updates.afterwards(reservation["id"], lambda: self.update_resources(reservation["id"]))
            self.update_resources(reservation["id"])

    def _stays(self, reservation: Values, ask: Ask, lease: Values, after: Values) -> bool:
        """Whether the reservation has its hosts in its new window, too; only if nothing has been done for it yet may it
        have others."""
        try:
            self.tenure.move(reservation, ask, lease, after)
        except Refused:
            if not self._may_wander(reservation, ask):
                raise
            return False
        return True

    def update_resources(self, reservation_id: str) -> None:
        """Its flavor is all that can change, and only before it begins: no host comes to a reservation this way.

        As upstream, but a flavor that was lost when this was tried before keeps nobody from making it.
        """
        reservation = db_api.reservation_get(reservation_id)
        if reservation["status"] != status.reservation.PENDING:
            raise InvalidStateUpdate("Only a reservation that has not begun accepts other parameters.")
        with suppress(nova_exceptions.NotFound):
            self.nova.nova.flavors.delete(reservation_id)
        self._make_flavor(reservation)

    def _make_flavor(self, reservation: Values) -> None:
        size = (reservation[name] for name in ("vcpus", "memory_mb", "disk_gb"))
        self._create_flavor(reservation["id"], *size, reservation["server_group_id"])

    def on_start(self, resource_id: str) -> None:
        """Let the hosts with room join; none is waited for, and no server is deleted."""
        self._doors.start(resource_id)

    def on_end(self, resource_id: str) -> None:
        """Give the slots up in the calendar, then take away what goes soon; the polls take away the rest.

        Whatever fails on the way, the lease has ended: upstream would wait for long, and end it in ERROR.
        """
        wanted = db_api.instance_reservation_get(resource_id)
        reservation_id = wanted["reservation_id"]
        self._doors.close(reservation_id)
        hosts = self.tenure.end(reservation_id)
        withdraw(self._publishing, reservation_id)
        if wanted["server_group_id"]:
            self._forget_group(wanted["server_group_id"])
        self._returns.end(reservation_id, hosts)

    def _forget_group(self, group: str) -> None:
        with tried(f"Server group {group} is not deleted"):
            try:
                self.nova.nova.server_groups.delete(group)
            except nova_exceptions.NotFound:
                LOG.debug("There is no server group %s any more", group)

    def heal_reservations(
        self, failed_resources: list[Values], interval_begin: Any, interval_end: Any
    ) -> dict[str, dict[str, bool]]:
        """Let other hosts give what failed ones gave, later if need be."""
        flags = {}
        failed = [host["id"] for host in failed_resources]
        for reservation in db_utils.get_reservations_by_host_ids(failed, interval_begin, interval_end):
            if reservation["resource_type"] not in SLOTS.resource_types:
                continue
            if not self._heal_reservation(reservation["id"], failed):
                flags[reservation["id"]] = {"missing_resources": True}
            elif reservation["status"] == status.reservation.ACTIVE:
                flags[reservation["id"]] = {"resources_changed": True}
        return flags

    def _heal_reservation(self, reservation_id: str, host_ids: list[str]) -> bool:
        """Whether the reservation has as many slots as before. What comes to nothing leaves it its failed host: healing
        looks only for rows of such hosts."""
        is_whole = True
        for host in slots_by_host(reservation_id).keys() & set(host_ids):
            is_replaced = False
            with tried(f"Reservation {reservation_id} keeps its failed host, trying again with the next healing"):
                is_replaced = self._replace(reservation_id, host)
            is_whole &= is_replaced
        return is_whole

    def _replace(self, reservation_id: str, host: str) -> bool:
        """The cloud is asked before the calendar is locked; what the calendar says is read once more then. Who was
        deleted meanwhile needs no other."""
        reservation = db_api.reservation_get(reservation_id)
        lease = reservation and db_api.lease_get(reservation["lease_id"])
        if not lease:
            return True
        if reservation["status"] == status.reservation.ACTIVE:
            failed = db_api.host_get(host)
            self._returns.leave(reservation_id, failed["hypervisor_hostname"], failed["service_name"])
        dates = {name: lease[name] for name in ("start_date", "end_date")}
        ask = self.asks.again(reservation, dates, 1)
        self.slots.learn(ask)
        is_whole = self.tenure.replace(reservation["id"], host, ask)
        what = "has other hosts" if is_whole else "gets no other hosts"
        LOG.warning("Reservation %s (lease: %s) %s.", reservation["id"], lease["name"], what)
        return is_whole

    def _post_reallocate(self, reservation: Values, lease: Values, host_id: str, num: int) -> None:
        """Whoever comes in the place of a failed host comes through the late door."""
        raise NotImplementedError
