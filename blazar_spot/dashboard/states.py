# SPDX-License-Identifier: Apache-2.0
"""What the states of things are called here, and their colours: those that every theme has."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

Names = Mapping[str, tuple[Any, str]]

STATES = {
    "planned": (_("Planned"), "default"),
    "fenced": (_("Closed to new spot instances"), "info"),
    "notified": (_("Spot instances have their notice"), "warning"),
    "evicting": (_("Spot instances are deleted"), "warning"),
    "verifying": (_("Being seen clean"), "warning"),
    "ready": (_("Ready"), "success"),
    "handed_over": (_("Handed over"), "success"),
    "overdue": (_("Overdue"), "danger"),
    "cancelled": (_("Called off"), "default"),
    "expired": (_("Over"), "default"),
}
"""Of a reclaim."""

WITH_NOBODY = {**STATES, "notified": (_("Closed, nobody has to go"), "info"), "evicting": STATES["verifying"]}
"""Of a reclaim on whose host nobody is, or nobody any more."""

EVENTS = {
    "scheduled": (_("Told"), "warning"),
    "acknowledged": (_("Acknowledged"), "info"),
    "withdrawn": (_("Withdrawn"), "default"),
    "terminated": (_("Over"), "default"),
}

WEBHOOKS = {
    "unverified": (_("Has not answered yet"), "warning"),
    "enabled": (_("Enabled"), "success"),
    "disabled": (_("Disabled"), "danger"),
}

DELIVERIES = {
    "pending": (_("On its way"), "info"),
    "delivered": (_("Delivered"), "success"),
    "abandoned": (_("Given up"), "danger"),
}

CLOSURES = {
    "closed": (_("Closed by order"), "default"),
    "draining": (_("Being drained"), "warning"),
    "overdue": (_("Overdue"), "danger"),
    "drained": (_("Drained"), "success"),
}

FENCES = {
    "claim": _("wanted by a reservation or an order"),
    "closure": _("closed by order"),
    "headroom": _("kept free"),
}
"""Why a pool is closed."""


def of_reclaim(state: str, instances_to_go: int) -> tuple[Any, str]:
    """What it is called and its colour; one that is new is called what the service calls it."""
    names = STATES if instances_to_go else WITH_NOBODY
    return names.get(state, (state, "default"))


def badge(text: Any, colour: str) -> Any:
    """The text on the colour."""
    return format_html('<span class="label label-{}">{}</span>', colour, text)


def label(names: Names) -> Callable[[str | None], Any]:
    """A filter for a column of states; one that is new is shown as the service calls it."""

    def shown(state: str | None) -> Any:
        if state is None:
            return None
        return badge(*names.get(state, (state, "default")))

    return shown
