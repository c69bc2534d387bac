# SPDX-License-Identifier: Apache-2.0
"""Django for a run of pytest of its own: Horizon's settings are for a whole process."""

import os
from collections.abc import Iterator

import django
import pytest

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.dashboard.settings"
django.setup()


def pytest_configure(config: pytest.Config) -> None:
    """Horizon's helpers mark what they have for browsers, and we are strict about marks."""
    for name in ("selenium", "integration", "plugin_test"):
        config.addinivalue_line("markers", f"{name}: Horizon's")


@pytest.fixture(scope="session", autouse=True)
def databases() -> Iterator[None]:
    """Horizon's sessions need one; it is in memory."""
    from django.test.runner import DiscoverRunner
    from django.test.utils import setup_test_environment, teardown_test_environment

    setup_test_environment()
    runner = DiscoverRunner(verbosity=0, interactive=False)
    old = runner.setup_databases()
    yield
    runner.teardown_databases(old)
    teardown_test_environment()
