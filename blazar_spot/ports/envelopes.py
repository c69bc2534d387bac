# SPDX-License-Identifier: Apache-2.0
"""How a message is put into an envelope that its receiver can check."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from blazar_spot.core.messages import Message


class Envelopes(Protocol):
    """Makes envelopes. It is used by many threads at once."""

    def wrapped(self, message: Message, secrets: Sequence[str], at: int) -> tuple[Mapping[str, str], bytes]:
        """The headers and the body, signed at this instant with each of these secrets. The body and the id in the
        headers are the same each time."""
