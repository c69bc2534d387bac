# SPDX-License-Identifier: Apache-2.0
"""The API over a store in memory, and the shells of those who ask it."""

from collections.abc import Callable, Mapping

import pytest

from blazar_spot.testing.store import FakeStore
from tests.unit.api.served import OURS, App, made, use_cases
from tests.unit.client.reached import reached
from tests.unit.osc.shell import ClientManager, Shell

ShellOf = Callable[[Mapping[str, str]], Shell]


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def app(store: FakeStore) -> App:
    return made(use_cases(store))


@pytest.fixture
def shell_of(app: App) -> ShellOf:
    """Anybody's shell."""
    return lambda caller: Shell(ClientManager(reached(app, caller)))


@pytest.fixture
def shell(shell_of: ShellOf) -> Shell:
    return shell_of(OURS)
