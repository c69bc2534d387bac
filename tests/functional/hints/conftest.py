# SPDX-License-Identifier: Apache-2.0
"""A cloud whose engine looks seldom, and listens."""

import pytest

from blazar_spot.devcloud.fixture import cloud
from blazar_spot.devcloud.hosts import HostSpec, name_hosts
from blazar_spot.devcloud.site import Options, Override

__all__ = ["cloud"]

TICK_SECONDS = 50


@pytest.fixture(scope="session")
def cloud_options() -> Options:
    """What a tick finds without hints is found up to fifty seconds late."""
    return Options(
        hosts=name_hosts([HostSpec()]),
        plugin="spot",
        delete_seconds=0.5,
        overrides=(
            Override("spot", "engine", "tick_seconds", str(TICK_SECONDS)),
            Override("spot", "engine", "sweep_seconds", "1"),
        ),
    )
