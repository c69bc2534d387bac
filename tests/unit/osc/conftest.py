# SPDX-License-Identifier: Apache-2.0
"""The API over a store in memory, and the shells of those who ask it."""

from collections.abc import Callable, Mapping

import pytest

from blazar_spot.testing.lab import Lab
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
def lab() -> Lab:
    """Three hosts with their pools."""
    lab = Lab(hosts=3)
    lab.second()
    return lab


@pytest.fixture
def app_over_lab(lab: Lab) -> App:
    return made(use_cases(lab.store, lab.clock, cloud=lab.cloud, policy=lab.policy))


@pytest.fixture
def shell_over(app_over_lab: App) -> ShellOf:
    """Anybody's shell, of the API over the lab."""
    return lambda caller: Shell(ClientManager(reached(app_over_lab, caller)))


@pytest.fixture
def shell(shell_of: ShellOf) -> Shell:
    return shell_of(OURS)
