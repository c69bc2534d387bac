# SPDX-License-Identifier: Apache-2.0
"""Whoever brings a message to a URL that a stranger has chosen."""

from collections.abc import Mapping
from typing import Protocol

from blazar_spot.core.deliveries import Answer


class Courier(Protocol):
    """Brings messages. It is used by many threads at once."""

    def check(self, url: str) -> None:
        """Refuse a URL to which nothing is ever brought, as far as its text tells: ``BadUrl``. Nobody is asked."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Bring this body there and return the answer, whatever its status; redirects are not followed.

        It takes some seconds at most, whatever the receiver does. ``Unreachable`` if there is no answer, ``BadUrl`` if
        the URL leads to a place that strangers may not let us call. Neither tells of the inside of our network.
        """
