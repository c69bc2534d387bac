# SPDX-License-Identifier: Apache-2.0
"""Instants in columns, in the user's own time; those that are waited for can be counted down by our script."""

from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _

from blazar_spot.dashboard.templatetags.spot import instant


def shown(text: str | None) -> str | None:
    return instant(text) or None


def span(seconds: int) -> str:
    """Hours, minutes and seconds."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def awaited(text: str | None) -> Any:
    """Without the script it is an instant like any other."""
    if text is None:
        return None
    days = _("d")  # short for days
    return format_html('<time datetime="{}" data-spot-awaited="{}">{}</time>', text, days, instant(text))
