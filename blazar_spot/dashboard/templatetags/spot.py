# SPDX-License-Identifier: Apache-2.0
"""What the API says, for people: instants in their own time, sentences without what is there for programs."""

import re
from datetime import datetime

from django import template
from django.utils import formats
from django.utils.timezone import localtime

register = template.Library()


def instant(text: str | None) -> str:
    """Nothing for none."""
    return formats.date_format(localtime(datetime.fromisoformat(text)), "Y-m-d H:i:s T") if text else ""


def sentence(text: str) -> str:
    """A refusal ends with what programs look for in it; people are told that by the page."""
    return re.sub(r";( earliest_start=.*)? code=\w+$", ".", text)


register.filter("instant", instant)
register.filter("sentence", sentence)
