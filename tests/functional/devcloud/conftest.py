# SPDX-License-Identifier: Apache-2.0
"""A cloud of two kinds of host: GPUs on the host's own provider, and on one below it."""

import pytest

from blazar_spot.devcloud.fixture import cloud
from blazar_spot.devcloud.hosts import HostSpec, name_hosts
from blazar_spot.devcloud.site import Options

__all__ = ["cloud", "cloud_options"]


@pytest.fixture(scope="session")
def cloud_options() -> Options:
    return Options(
        hosts=name_hosts([HostSpec(), HostSpec(), HostSpec(vcpus=64, gpus=8, gpu_model="a100", nested=True)])
    )
