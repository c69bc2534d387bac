# SPDX-License-Identifier: Apache-2.0
"""The scripted HTTP service."""

import pytest

from tests.unit.adapters.http_stub import HttpStub


@pytest.fixture
def http() -> HttpStub:
    """Nothing is scripted yet."""
    return HttpStub()
