# SPDX-License-Identifier: Apache-2.0
"""Instants as the API says them, in the user's own time."""

from datetime import datetime

from django import template
from django.utils import formats
from django.utils.timezone import localtime

register = template.Library()


def instant(text: str | None) -> str:
    """Nothing for none."""
    return formats.date_format(localtime(datetime.fromisoformat(text)), "Y-m-d H:i:s T") if text else ""


register.filter("instant", instant)
