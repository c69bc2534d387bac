# SPDX-License-Identifier: Apache-2.0
"""One cloud for all stories, one host for each of them, and time compressed by configuration.

The stories are played side by side, each on a host of its own, since most of a story is waiting. The first test that
asks for one starts them all; each test then reads what its story has seen.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from blazar_spot.demo.cast import Cast, Stage
from blazar_spot.demo.compressed_time import GPUS, options
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.fixture import cloud
from blazar_spot.devcloud.hosts import HostSpec
from blazar_spot.devcloud.site import Options
from tests.e2e import stages, stories

__all__ = ["cloud"]


@pytest.fixture(scope="session")
def cloud_options() -> Options:
    """A host for each story, told apart by the model of its GPUs."""
    return options("spot", [HostSpec(vcpus=96, memory_gib=384, gpus=GPUS, gpu_model=name) for name in stories.ALL])


@pytest.fixture(scope="session")
def played(cloud: Cloud) -> Iterator[dict[str, Future[Any]]]:
    """Every story by its name, being played."""
    places = stages.furnish(cloud, list(stories.ALL))
    with ThreadPoolExecutor(max_workers=len(places)) as threads:
        yield {name: _start(threads, story, cloud, places[name]) for name, story in stories.ALL.items()}


def _start(threads: ThreadPoolExecutor, story: stories.Play, cloud: Cloud, place: Stage) -> Future[Any]:
    """Each story has connections of its own: they are not made for several threads."""
    own = Cloud(cloud.state_dir)
    return threads.submit(lambda: story(Cast(own, place), own))


@pytest.fixture(scope="session")
def whole(played: dict[str, Future[Any]]) -> stories.Whole:
    seen: stories.Whole = played["whole"].result()
    return seen


@pytest.fixture(scope="session")
def refused(played: dict[str, Future[Any]]) -> stories.Refused:
    seen: stories.Refused = played["refused"].result()
    return seen


@pytest.fixture(scope="session")
def moved(played: dict[str, Future[Any]]) -> stories.CalledOff:
    seen: stories.CalledOff = played["moved"].result()
    return seen


@pytest.fixture(scope="session")
def dropped(played: dict[str, Future[Any]]) -> stories.CalledOff:
    seen: stories.CalledOff = played["dropped"].result()
    return seen


@pytest.fixture(scope="session")
def returned(played: dict[str, Future[Any]]) -> stories.Returned:
    seen: stories.Returned = played["returned"].result()
    return seen


@pytest.fixture(scope="session")
def free(played: dict[str, Future[Any]]) -> stories.Free:
    seen: stories.Free = played["free"].result()
    return seen
