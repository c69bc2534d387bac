# SPDX-License-Identifier: Apache-2.0
"""Instants in columns, in the user's own time; those that are waited for can be counted down by our script."""

from typing import Any

from django.utils.html import format_html

from blazar_spot.dashboard.templatetags.spot import instant


def shown(text: str | None) -> str | None:
    return instant(text) or None


def awaited(text: str | None) -> Any:
    """Without the script it is an instant like any other."""
    if text is None:
        return None
    return format_html('<time datetime="{}" data-spot-awaited>{}</time>', text, instant(text))
