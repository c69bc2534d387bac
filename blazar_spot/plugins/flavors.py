# SPDX-License-Identifier: Apache-2.0
"""spot.flavor.plugin: Blazar's reservations of slots for servers of a flavor, GPUs and custom resources included.

The same resource type as upstream's plugin, whose constructor is not run: it builds plugins of its own, and each of
them heals. Ours is given the one host plugin and the one instance plugin of the process, and they start, end and heal.
"""

import json
from typing import Any

from blazar.db import api as db_api
from blazar.manager import exceptions
from blazar.plugins.flavor.flavor_plugin import FlavorPlugin, nova_exceptions
from blazar.utils.openstack import placement
from oslo_log import log as logging
from oslo_utils.strutils import bool_from_string

from blazar_spot.core.errors import Refused
from blazar_spot.plugins import calendar, updates
from blazar_spot.plugins.answers import answered
from blazar_spot.plugins.asks import Ask, Values
from blazar_spot.plugins.duties import duties
from blazar_spot.plugins.filter import register
from blazar_spot.plugins.hosts import SpotHostPlugin
from blazar_spot.plugins.instances import SpotInstancePlugin
from blazar_spot.plugins.once import Once
from blazar_spot.plugins.settings import Settings

LOG = logging.getLogger(__name__)

register()


class SpotFlavorPlugin(FlavorPlugin, metaclass=Once):
    """Slots of a flavor's size."""

    title = "Flavor Plugin with spot instances beside reservations"
    description = "This plugin reserves servers of a flavor, and frees their hosts of spot instances in time."

    def __init__(self, ours: Settings) -> None:
        super(FlavorPlugin, self).__init__()
        self._placement_client = placement.BlazarPlacementClient()
        self._host_plugin = SpotHostPlugin(ours)
        self._instance_plugin = SpotInstancePlugin(ours)
        self._slots = self._instance_plugin.slots
        self._tenure = self._instance_plugin.tenure
        self.monitor = duties(ours).monitor
        duties(ours).furnishing.make_by(self.resource_type, self._make_flavor)
        duties(ours).interrupted.look_after(self.resource_type, self.on_end)

    def judge_create(self, values: Values) -> None:
        """Raise ``Refused`` if the slots cannot be had."""
        self._slots.choose_slots(self._ask(dict(values))[0])

    def judge_update(self, reservation: Values, before: Values, after: Values) -> list[str]:
        """The hosts' ids, one for each slot, or raise ``Refused`` if the reservation cannot keep its slots."""
        return self._tenure.judge(reservation, self._again(reservation, after), before, after)

    def allocation_candidates(self, reservation: dict[str, Any]) -> list[str]:
        """The hosts that the reservation would get, one for each slot. An update asks with the reservation itself, and
        its flavor is by then one that its owner may not look at."""
        own = reservation.get("id")
        ask = None if own else self._ask(reservation)[0]
        with answered():
            try:
                if ask is None:
                    hosts = self._slots.choose_slots(self._again(reservation, reservation), without=own)
                else:
                    hosts = self._slots.choose_first(ask)
            except Refused:
                return []
        self._host_plugin.asked_next.read(hosts)
        return hosts

    def reserve_resource(self, reservation_id: str, values: dict[str, Any]) -> str:
        """Hold the slots and write them down; only then may Nova be asked for anything.

        If this fails, Blazar rolls the whole lease back and tells no plugin.
        """
        ask, source = self._ask(values)
        try:
            stored = self._tenure.begin(reservation_id, values["lease_id"], ask, _row(values, source))
            return self._furnished(stored)
        except Exception:
            self._slots.abandon(values["lease_id"])
            raise

    def _furnished(self, stored: Values) -> str:
        try:
            flavor_id, aggregate_id = self._create_resources(stored)
        except nova_exceptions.ClientException as error:
            LOG.exception("Nova does not make what reservation %s needs", stored["reservation_id"])
            self._cleanup_resources(stored)
            raise exceptions.NovaClientError() from error
        calendar.amend_slots(stored["id"], {"flavor_id": flavor_id, "aggregate_id": aggregate_id})
        resource_id: str = stored["id"]
        return resource_id

    def _make_flavor(self, reservation: Values) -> None:
        self._create_flavor({**reservation, "reservation_id": reservation["id"]})

    def update_reservation(self, reservation_id: str, values: dict[str, Any]) -> None:
        """Move the reservation in time; all else of it stays, as upstream."""
        with updates.together(reservation_id, values):
            lease = updates.begin(reservation_id, values)
            reservation = db_api.reservation_get(reservation_id)
            for name in ("flavor_id", "amount"):
                if name in values and values[name] != reservation[name]:
                    raise exceptions.CantUpdateParameter(param=name)
            with answered():
                self._tenure.move(reservation, self._again(reservation, values), lease, values)

    def _ask(self, values: dict[str, Any]) -> tuple[Ask, dict[str, Any]]:
        """What is asked for, and the flavor as its user sees it."""
        self._validate_reservation_params(values)
        if bool_from_string(values["affinity"], default=None) is not None:
            raise exceptions.NotImplemented(error="Affinity not supported yet")
        _, _, told = self._get_flavor_details(values["flavor_id"])
        source = self._instance_plugin.asks.with_devices(told)
        ask = self._instance_plugin.asks.of_flavor(values, source)
        return ask, source

    def _again(self, reservation: Values, dates: Values) -> Ask:
        window = {name: dates[name] for name in ("start_date", "end_date")}
        ask: Ask = self._instance_plugin.asks.again(reservation, window, reservation["amount"])
        self._slots.learn(ask)
        return ask


def _row(values: Values, source: Values) -> dict[str, Any]:
    return {
        "vcpus": source["vcpus"],
        "memory_mb": source["ram"],
        "disk_gb": source["disk"],
        "amount": values["amount"],
        "affinity": None,
        "resource_properties": json.dumps(source),
    }
