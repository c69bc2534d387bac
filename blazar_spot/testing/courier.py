# SPDX-License-Identifier: Apache-2.0
"""``ports.courier.Courier`` in memory, with receivers that do as a test says."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from blazar_spot.core.deliveries import Answer
from blazar_spot.core.errors import BadUrl

Reply = Answer | Exception | Callable[["Heard"], Answer]


@dataclass(frozen=True, slots=True)
class Heard:
    """One request that a receiver heard."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The body's JSON."""
        event: dict[str, Any] = json.loads(self.body)
        return event


def echo(heard: Heard) -> Answer:
    """What a receiver says that knows about challenges."""
    return Answer(200, json.dumps({"challenge": heard.event["data"].get("challenge")}))


class FakeCourier:
    """Brings everything to receivers that repeat their challenge, unless ``replies`` has another one for a URL.
    ``heard`` is what was brought, in its order. URLs of loopback are bad."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.replies: dict[str, Reply] = {}

    def check(self, url: str) -> None:
        if "://127." in url:
            raise BadUrl("The URL's address is not a public one.")

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.check(url)
        heard = Heard(url, headers, body)
        self.heard.append(heard)
        reply = self.replies.get(url, echo)
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, Answer) else reply(heard)
