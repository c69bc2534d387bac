# SPDX-License-Identifier: Apache-2.0
"""The API without a server, over a store in memory, for callers of whom Keystone has said who they are."""

import pytest

from blazar_spot.testing.store import FakeStore
from tests.unit.api.served import Service, serve


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def service(store: FakeStore) -> Service:
    return serve(store)
