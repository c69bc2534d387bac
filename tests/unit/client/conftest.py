# SPDX-License-Identifier: Apache-2.0
"""The API over a store in memory, and clients of it."""

from collections.abc import Callable, Mapping
from functools import partial

import pytest

from blazar_spot.client import Client
from blazar_spot.testing.store import FakeStore
from tests.unit.api.served import OURS, App, made, use_cases
from tests.unit.client.reached import reached

ClientOf = Callable[[Mapping[str, str]], Client]


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def app(store: FakeStore) -> App:
    return made(use_cases(store))


@pytest.fixture
def client_of(app: App) -> ClientOf:
    """Anybody's client."""
    return partial(reached, app)


@pytest.fixture
def client(client_of: ClientOf) -> Client:
    return client_of(OURS)
