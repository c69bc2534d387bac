# SPDX-License-Identifier: Apache-2.0
"""One cloud with Horizon and something to look at, and its users in front of browsers.

Whatever a test is about, its pages may have no error in the browser's console and no answer that is the server's fault.
Pictures are left in build/screenshots.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from blazar_spot.demo.scenery import Scenery, scenery_options, set_up
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.fixture import cloud
from blazar_spot.devcloud.site import Options
from tests.horizon.visitors import Visitor

__all__ = ["cloud"]

PICTURES = Path(__file__).parents[2] / "build" / "screenshots"


@pytest.fixture(scope="session")
def cloud_options() -> Options:
    return scenery_options()


@pytest.fixture(scope="session")
def scenery(cloud: Cloud) -> Scenery:
    return set_up(cloud, print)


@pytest.fixture(scope="session")
def known_visitors() -> Iterator[dict[str, Visitor]]:
    """Who has logged in so far."""
    known: dict[str, Visitor] = {}
    yield known
    for visitor in known.values():
        visitor.driver.quit()


@pytest.fixture
def visitor(
    cloud: Cloud, scenery: Scenery, known_visitors: dict[str, Visitor], request: pytest.FixtureRequest
) -> Iterator[Callable[[str], Visitor]]:
    """A user by name, logged in; what they saw is looked through in the end."""

    def found(user: str) -> Visitor:
        if user not in known_visitors:
            known_visitors[user] = Visitor(cloud.site.url("horizon"), user, PICTURES)
        return known_visitors[user]

    failed_before = request.session.testsfailed
    yield found
    if request.session.testsfailed > failed_before:
        for name, one in known_visitors.items():
            one.picture(f"failed-{request.node.originalname}-{name}")
    assert {name: one.complaints() for name, one in known_visitors.items()} == {name: [] for name in known_visitors}
