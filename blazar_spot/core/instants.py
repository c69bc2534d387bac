# SPDX-License-Identifier: Apache-2.0
"""Whole Unix seconds to and from what people and other programs write.

Inside, an instant is an ``int``. These are the only places where it becomes text or a datetime.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

MINUTE_FORMAT = "%Y-%m-%d %H:%M"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
"""To divide by, which is exact and takes a fifth of the time of ``timestamp()``."""


def to_datetime(instant: int) -> datetime:
    """The instant as an aware UTC datetime."""
    return datetime.fromtimestamp(instant, UTC)


def from_datetime(moment: datetime) -> int:
    """The whole second an aware datetime falls into; a naive one is refused, since nobody knows what it means."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} does not say which time zone it is in")
    return (moment - _EPOCH) // _SECOND


def from_iso(text: str) -> int:
    """The second that this says in ISO 8601, with its zone; ``ValueError`` if it says none."""
    return from_datetime(datetime.fromisoformat(text))


def minute(instant: int) -> str:
    """The minute the instant falls into, as reservations are written: ``YYYY-MM-DD HH:MM``, UTC."""
    return to_datetime(instant).strftime(MINUTE_FORMAT)


@lru_cache(maxsize=1024)
def iso(instant: int) -> str:
    """The instant as ISO 8601 with a Z. A page of notices that were decided together says few different ones."""
    return to_datetime(instant).isoformat().removesuffix("+00:00") + "Z"
