# SPDX-License-Identifier: Apache-2.0
"""A message bus that does not answer, or cannot be used; a real one is asked on the dev cloud."""

import pytest

from blazar_spot import conf as configuration
from blazar_spot.adapters.listeners import RabbitBus
from blazar_spot.core.errors import Permanent, Unreachable


def bus(url: str) -> RabbitBus:
    return RabbitBus(configuration.load(files=[]), transport_url=url, queue="blazar-spot")


def test_when_no_broker_answers_the_last_one_is_named_and_no_password() -> None:
    with pytest.raises(Unreachable) as raised:
        bus("rabbit://spot:secret@127.0.0.1:1,spot:secret@127.0.0.1:2/").listeners()
    assert "127.0.0.1:2" in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("url", ["nonsense://", "rabbit:///", "not a url"])
def test_what_is_no_bus_is_said_to_be_none(url: str) -> None:
    with pytest.raises(Permanent, match="notifications"):
        bus(url).listeners()
