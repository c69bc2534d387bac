# SPDX-License-Identifier: Apache-2.0
"""Servers with GPUs are reserved on hosts where spot instances live: only as many of those go as have to.

One host has its GPUs on its own resource provider, the other on a nested one, which Blazar does not know of.
"""

import pathlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blazar_spot.demo.compressed_time import MIN_UPTIME_SECONDS, options
from blazar_spot.demo.story import LEASE_FORMAT
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.hosts import HostSpec
from blazar_spot.devcloud.stock import IMAGE
from blazar_spot.devcloud.waiting import wait_until

KINDS = {"own": HostSpec(gpus=4, gpu_class="CUSTOM_GPU"), "nested": HostSpec(gpus=4, gpu_class="CUSTOM_B", nested=True)}
ACTIVE_WITHIN = 15


@dataclass(frozen=True)
class Shared:
    """What was seen on one host; the spot instances as they were when the reserved servers ran."""

    lease: dict[str, Any]
    active_after: float
    spots: list[str]
    reserved: list[str]
    one_too_many: str


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Shared]]:
    cloud = Cloud(pathlib.Path(tmp_path_factory.mktemp("parts")) / "cloud", options("spot", list(KINDS.values())))
    cloud.up()
    try:
        with ThreadPoolExecutor() as threads:
            stories = {kind: threads.submit(play, Cloud(cloud.state_dir), KINDS[kind]) for kind in KINDS}
            yield {kind: story.result() for kind, story in stories.items()}
    finally:
        cloud.down()


def play(cloud: Cloud, spec: HostSpec) -> Shared:
    """Spot instances take all GPUs of a host; then somebody reserves two of them."""
    gpu = {f"resources:{spec.gpu_class}": "1"}
    plain = new_flavor(cloud, f"gpu-{spec.gpu_class}", gpu)
    spot = new_flavor(cloud, f"spot-{spec.gpu_class}", {**gpu, "blazar:preemptible": "true"})
    spots = [boot(cloud, "demo", spot) for _ in range(spec.gpus)]
    wait_until(lambda: states(cloud, "demo", spots) == ["ACTIVE"] * spec.gpus, "spot runs", at_most=90, every=0.5)
    start = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=2)
    assert (start - datetime.now(UTC)).total_seconds() > MIN_UPTIME_SECONDS
    wanted = {"resource_type": "flavor:instance", "flavor_id": plain, "amount": 2, "affinity": None}
    dates = start.strftime(LEASE_FORMAT), (start + timedelta(hours=1)).strftime(LEASE_FORMAT)
    leases = cloud.blazar("owner").lease
    lease = leases.create(spec.gpu_class, *dates, reservations=[wanted], events=[])

    def begun() -> bool:
        seen = leases.get(lease["id"])
        return seen["status"] in ("ACTIVE", "ERROR") and not seen["degraded"]

    wait_until(begun, "the lease is active and whole", at_most=180, every=0.5)
    active_after = time.time() - start.timestamp()
    flavor = lease["reservations"][0]["id"]
    reserved = [boot(cloud, "owner", flavor) for _ in range(2)]
    wait_until(lambda: "BUILD" not in states(cloud, "owner", reserved), "they are built", at_most=60, every=0.5)
    another = [boot(cloud, "owner", flavor)]
    wait_until(lambda: "BUILD" not in states(cloud, "owner", another), "it is built", at_most=60, every=0.5)
    return Shared(
        lease=leases.get(lease["id"]),
        active_after=active_after,
        spots=states(cloud, "demo", spots),
        reserved=states(cloud, "owner", reserved),
        one_too_many=states(cloud, "owner", another)[0],
    )


def new_flavor(cloud: Cloud, name: str, specs: dict[str, str]) -> str:
    compute = cloud.connection("admin").compute
    flavor = compute.create_flavor(name=name, vcpus=2, ram=1024, disk=1)
    compute.create_flavor_extra_specs(flavor, specs)
    return str(flavor.id)


def boot(cloud: Cloud, project: str, flavor: str) -> str:
    connection = cloud.connection(project)
    image = connection.image.find_image(IMAGE).id
    server = connection.compute.create_server(name=flavor, flavor_id=flavor, image_id=image, networks="none")
    return str(server.id)


def states(cloud: Cloud, project: str, servers: list[str]) -> list[str]:
    """Their states; of those that are gone nothing is said."""
    known = {server.id: str(server.status) for server in cloud.connection(project).compute.servers()}
    return [known[one] for one in servers if one in known]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_half_of_the_host_is_reserved_and_spot_lives_on_the_other_half(played: dict[str, Shared], kind: str) -> None:
    seen = played[kind]
    assert (seen.lease["status"], seen.lease["degraded"]) == ("ACTIVE", False)
    assert seen.active_after < ACTIVE_WITHIN
    assert seen.spots == ["ACTIVE", "ACTIVE"]
    assert seen.reserved == ["ACTIVE", "ACTIVE"]
    assert seen.one_too_many == "ERROR"
