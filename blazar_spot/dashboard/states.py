# SPDX-License-Identifier: Apache-2.0
"""What the states of a reclaim are called here, and their colours: those that every theme has."""

from django.utils.translation import gettext_lazy as _

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
