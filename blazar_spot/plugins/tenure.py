# SPDX-License-Identifier: Apache-2.0
"""The rows of reservations of slots in Blazar's calendar: written, kept in another window, given to other hosts.

Both plugins whose reservations are slots use this. The lock is held from the reading to the writing, and never while
Nova is waited for. What a running reservation gets besides joins it through the late door.
"""

from collections import Counter
from typing import Any

from blazar.db import api as db_api

from blazar_spot.plugins import at_work, calendar, updates
from blazar_spot.plugins.answers import answered
from blazar_spot.plugins.asks import Ask, Values
from blazar_spot.plugins.slots import Slots


class Tenure:
    """Writes who has which slots."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots

    def begin(self, reservation_id: str, lease_id: str, ask: Ask, row: Values) -> dict[str, Any]:
        """Hold slots for a new reservation and write them down; returns Blazar's record of what was asked for."""
        at_work.note(lease_id)
        with answered():
            with calendar.CHANGES:
                held = self._slots.hold_slots(reservation_id, lease_id, ask)
                stored = calendar.reserve_slots(reservation_id, row)
                calendar.allocate_slots(reservation_id, held.ids)
            self._slots.secure_slots(held)
        return stored

    def judge(self, reservation: Values, ask: Ask, before: Values, after: Values) -> list[str]:
        """The hosts' ids, one for each slot, or raise ``Refused`` if the reservation cannot keep its slots."""
        hosts = slots_by_host(reservation["id"])
        if is_wider(before, after):
            self._slots.keep(reservation["id"], ask, hosts)
        return list(hosts.elements())

    def move(self, reservation: Values, ask: Ask, before: Values, after: Values) -> None:
        """Let the reservation keep its slots in another window, or raise ``Refused``."""
        if not is_wider(before, after):
            return
        with calendar.CHANGES:
            kept = self._slots.keep(reservation["id"], ask, slots_by_host(reservation["id"]))
        if after["start_date"] < before["start_date"]:
            self._slots.move(reservation["id"], ask.wish, kept)

    def grow(self, reservation: Values, ask: Ask, row: Values) -> None:
        """Give a running reservation more slots beside those that it has, if they can be had at once; the polls bring
        them to it. If not, it is as it was."""
        name, resource_id = reservation["id"], reservation["resource_id"]
        with answered():
            with calendar.CHANGES:
                held = self._slots.hold_more(name, reservation["lease_id"], ask, slots_by_host(name))
                added = calendar.allocate_slots(name, held.ids)
                updates.add(name, added)
                calendar.amend_slots(resource_id, row)
            self._slots.secure_slots(held)

    def choose_again(self, reservation: Values, ask: Ask, row: Values) -> None:
        """Give the reservation other slots. The claims follow the calendar, which is in time before the first fence."""
        with answered(), calendar.CHANGES:
            self._slots.must_be_ahead(reservation["id"], ask.wish)
            chosen = self._slots.choose_slots(ask, without=reservation["id"])
            before = db_api.host_allocation_get_all_by_values(reservation_id=reservation["id"])
            updates.remove(reservation["id"], [row["id"] for row in before])
            updates.add(reservation["id"], calendar.allocate_slots(reservation["id"], chosen))
            calendar.amend_slots(reservation["resource_id"], row)

    def end(self, reservation_id: str) -> list[str]:
        """Take the slots back; returns the hosts that gave them, by their hypervisors' names."""
        with calendar.CHANGES:
            rows = db_api.host_allocation_get_all_by_values(reservation_id=reservation_id)
            hosts = {row["compute_host_id"] for row in rows}
            names = [db_api.host_get(host)["hypervisor_hostname"] for host in sorted(hosts)]
            calendar.deallocate(row["id"] for row in rows)
            updates.forget(reservation_id)
        return names

    def replace(self, reservation_id: str, failed: str, ask: Ask) -> bool:
        """Whether other hosts give what a failed one gave.

        Who has been given up, or has got other hosts, since Blazar looked needs none; who was moved needs them then.
        """
        with calendar.CHANGES:
            rows = db_api.host_allocation_get_all_by_values(reservation_id=reservation_id, compute_host_id=failed)
            if not rows:
                return True
            lease_id = db_api.reservation_get(reservation_id)["lease_id"]
            lease = updates.as_moved(reservation_id, db_api.lease_get(lease_id))
            taken = slots_by_host(reservation_id)
            others = self._slots.hold_others(reservation_id, lease["id"], ask.of(lease, len(rows)), taken)
            for row, other in zip(rows, others, strict=False):
                db_api.host_allocation_update(row["id"], {"compute_host_id": other})
            if not others:
                calendar.deallocate(row["id"] for row in rows)
        return bool(others)


def slots_by_host(reservation_id: str) -> Counter[str]:
    """The hosts of a reservation, by id, and how many slots each gives."""
    rows = db_api.host_allocation_get_all_by_values(reservation_id=reservation_id)
    return Counter(row["compute_host_id"] for row in rows)


def is_wider(before: Values, after: Values) -> bool:
    """Whether the reservation would have its hosts at a time when it does not have them yet."""
    return bool(after["start_date"] < before["start_date"] or after["end_date"] > before["end_date"])
