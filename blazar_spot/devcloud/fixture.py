# SPDX-License-Identifier: Apache-2.0
"""For pytest: one cloud for all tests of a run, brought up when the first test asks for it.

A conftest imports `cloud` and `cloud_options`, and may replace the latter to have a cloud of another
kind. With BLAZAR_SPOT_CLOUD set to the state directory of a cloud that is up, that one is used and left
as it is. Logs are kept when a test fails.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.site import Options


@pytest.fixture(scope="session")
def cloud_options() -> Options:
    """What the cloud is like."""
    return Options()


@pytest.fixture(scope="session")
def cloud(
    request: pytest.FixtureRequest, cloud_options: Options, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    """A cloud that is up."""
    if running := os.environ.get("BLAZAR_SPOT_CLOUD"):
        yield Cloud(Path(running))
        return
    cloud = Cloud(tmp_path_factory.mktemp("clouds") / "cloud", cloud_options)
    failed_before = request.session.testsfailed
    cloud.up()
    try:
        yield cloud
    finally:
        cloud.down(keep_logs=request.session.testsfailed > failed_before)
