# SPDX-License-Identifier: Apache-2.0
"""Blazar's enforcement hook: a lease whose start would break a promise is refused before anything is stored.

It only judges. What it lets through is judged again when the hosts are held, since others may come between. An update
is judged in Blazar's order of the reservations: what one of them would have, the next ones cannot. Next: ``updates``.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, runtime_checkable

from blazar.enforcement import filters
from blazar.enforcement.filters.base_filter import BaseFilter
from blazar.plugins.oshosts import RESOURCE_TYPE
from oslo_config import cfg

from blazar_spot.plugins import at_work
from blazar_spot.plugins.admission import Admission
from blazar_spot.plugins.answers import answered, unharmed
from blazar_spot.plugins.changes import Changes
from blazar_spot.plugins.settings import Settings, settings
from blazar_spot.plugins.windows import supposing

Values = Mapping[str, Any]


@runtime_checkable
class Judge(Protocol):
    """A plugin that judges its own kind of reservation."""

    resource_type: str

    def judge_create(self, values: Values) -> None: ...

    def judge_update(self, reservation: Values, before: Values, after: dict[str, Any]) -> list[str]: ...


class SpotGuaranteeFilter(BaseFilter):
    """Refuses what cannot be served without breaking a promise."""

    def __init__(self, conf: cfg.ConfigOpts, ours: Settings | None = None) -> None:
        # The parent answers for every attribute that is missing, so none may be.
        super().__init__(conf=conf)
        self._ours = ours or settings()
        whole = self._ours.whole
        self._admission = Admission(whole.booking, whole.clock)
        self._changes = Changes(whole.booking, whole.clock)

    def check_create(self, context: Values, lease_values: Values) -> None:
        with answered():
            for reservation in _of_hosts(lease_values):
                if not reservation["allocations"]:  # the plugin found none a moment ago; say why
                    self._admission.choose({**reservation, **_dates(lease_values)})
            for reservation in lease_values["reservations"]:
                for plugin in [] if reservation["allocations"] else self._plugins_of(reservation):
                    plugin.judge_create({**reservation, **_dates(lease_values)})

    def check_update(self, context: Values, current_lease_values: Values, new_lease_values: Values) -> None:
        at_work.note(current_lease_values["id"])
        wanted = {reservation["id"]: reservation for reservation in new_lease_values["reservations"]}
        with unharmed(), supposing(current_lease_values["id"], new_lease_values) as supposed:
            for reservation in current_lease_values["reservations"]:
                after = {**reservation, **wanted.get(reservation["id"], {}), **_dates(new_lease_values)}
                if hosts := self._judged(reservation, current_lease_values, after):
                    supposed.give(after, hosts)

    def _judged(self, reservation: Values, before: Values, after: dict[str, Any]) -> list[str]:
        """The ids of the hosts that the reservation would have; none if it stays where it is."""
        if reservation["resource_type"] == RESOURCE_TYPE:
            return self._changes.judge(reservation["id"], self._changes.change(reservation, before, after))
        return [host for one in self._plugins_of(reservation) for host in one.judge_update(reservation, before, after)]

    def _plugins_of(self, reservation: Values) -> list[Judge]:
        """Our plugin for this kind of reservation, if it is loaded and has more to say than is said here."""
        made = self._ours.made.values()
        return [one for one in made if isinstance(one, Judge) and one.resource_type == reservation["resource_type"]]

    def on_end(self, context: Values, lease_values: Values) -> None:
        """Nothing was counted, so nothing is given back."""


def _of_hosts(lease: Values) -> Iterator[Values]:
    return (reservation for reservation in lease["reservations"] if reservation["resource_type"] == RESOURCE_TYPE)


def _dates(lease: Values) -> dict[str, Any]:
    return {name: lease[name] for name in ("start_date", "end_date")}


def register() -> None:
    """Let ``[enforcement] enabled_filters`` find the filter: Blazar looks it up in its own package, by name."""
    name = SpotGuaranteeFilter.__name__
    setattr(filters, name, SpotGuaranteeFilter)
    if name not in filters.all_filters:
        filters.all_filters.append(name)
