# SPDX-License-Identifier: Apache-2.0
"""``ports.channel.Channel`` in memory."""

from blazar_spot.core.errors import SpotError
from blazar_spot.core.events import Event


class FakeChannel:
    """Keeps what it was sent. While ``failure`` is set it takes nothing and raises that."""

    def __init__(self) -> None:
        self.sent: list[Event] = []
        self.failure: SpotError | None = None

    def send(self, event: Event) -> None:
        if self.failure is not None:
            raise self.failure
        self.sent.append(event)
