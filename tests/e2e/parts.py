# SPDX-License-Identifier: Apache-2.0
"""Servers with GPUs are reserved on hosts where spot instances live: only as many of those go as have to.

One host has its GPUs on its own resource provider, the other on a nested one, which Blazar does not know of.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from blazarclient.exception import BlazarClientException

from blazar_spot.demo.cast import Cast, notice_in
from blazar_spot.demo.compressed_time import MIN_UPTIME_SECONDS
from blazar_spot.demo.sights import Notice
from blazar_spot.demo.story import LEASE_FORMAT
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.hosts import HostSpec
from blazar_spot.devcloud.stock import IMAGE
from blazar_spot.devcloud.waiting import wait_until
from tests.e2e.stages import SOON_SECONDS, soon_after

KINDS = {"own": HostSpec(gpus=4, gpu_class="CUSTOM_A"), "nested": HostSpec(gpus=4, gpu_class="CUSTOM_B", nested=True)}
TWICE = HostSpec(gpus=4, gpu_class="CUSTOM_C")


@dataclass(frozen=True)
class Shared:
    """What was seen on one host; the spot instances as they were when the reserved servers ran."""

    lease: dict[str, Any]
    active_after: float
    spots: list[str]
    reserved: list[str]
    one_too_many: str


@dataclass(frozen=True)
class Overlapping:
    """Two reservations of parts of one host, the second one a minute after the first."""

    refused_now: tuple[int, str]
    """What was said to somebody who wanted the first one at once: the status and the sentence."""
    leases: list[dict[str, Any]]
    told: dict[str, set[Notice]]
    """By spot instance, what it was told."""
    asked: dict[str, float]
    """When Nova was asked to delete it."""
    left: list[str]
    """The spot instances that are still there in the end."""


def shared(spec: HostSpec, cast: Cast, cloud: Cloud) -> Shared:
    """Spot instances take all GPUs of a host; then somebody reserves two of them."""
    plain, spots = fill(cloud, cast.stage.name, spec)
    start = in_two_minutes()
    lease = reserve(cloud, cast.stage.name, plain, 2, start)
    leases = cloud.blazar("owner").lease
    patience = soon_after(start.timestamp())
    wait_until(lambda: has_begun(cloud, lease), "the lease is active and whole", at_most=patience, every=0.5)
    active_after = time.time() - start.timestamp()
    flavor = lease["reservations"][0]["id"]
    reserved = [boot(cloud, "owner", f"{cast.stage.name}-owner", flavor) for _ in range(2)]
    _until_built(cloud, reserved)
    another = [boot(cloud, "owner", f"{cast.stage.name}-owner", flavor)]
    _until_built(cloud, another)
    return Shared(
        lease=leases.get(lease["id"]),
        active_after=active_after,
        spots=states(cloud, "demo", spots),
        reserved=states(cloud, "owner", reserved),
        one_too_many=states(cloud, "owner", another)[0],
    )


def twice(spec: HostSpec, cast: Cast, cloud: Cloud) -> Overlapping:
    """Spot instances take all GPUs of a host; two of them are reserved, and one more from the next minute on."""
    plain, spots = fill(cloud, cast.stage.name, spec)
    refused_now = (0, "")
    try:
        reserve(cloud, cast.stage.name, plain, 2, None)
    except BlazarClientException as refusal:
        refused_now = int(refusal.kwargs["code"]), str(refusal)
    start = in_two_minutes()
    leases = [
        reserve(cloud, cast.stage.name, plain, 2, start),
        reserve(cloud, cast.stage.name, plain, 1, start + timedelta(minutes=1)),
    ]
    told: dict[str, set[Notice]] = {server: set() for server in spots}

    def are_over() -> bool:
        for server in cloud.connection("demo").compute.servers(name=f"^{cast.stage.name}-"):
            if notice := notice_in(server.metadata):
                told[server.id].add(notice)
        return all(has_begun(cloud, lease) for lease in leases)

    patience = soon_after(start.timestamp() + 60)
    wait_until(are_over, "both leases are active and whole", at_most=patience, every=0.5)
    compute = cloud.connection("admin").compute
    actions = {server: list(compute.server_actions(server)) for server in spots}
    return Overlapping(
        refused_now=refused_now,
        leases=[cloud.blazar("owner").lease.get(lease["id"]) for lease in leases],
        told=told,
        asked={
            server: datetime.fromisoformat(one.start_time).replace(tzinfo=UTC).timestamp()
            for server, done in actions.items()
            for one in done
            if one.action in ("delete", "forceDelete")
        },
        left=states(cloud, "demo", spots),
    )


def fill(cloud: Cloud, name: str, spec: HostSpec) -> tuple[str, list[str]]:
    """A flavor of one GPU, and the spot instances that take all of them."""
    gpu = {f"resources:{spec.gpu_class}": "1"}
    plain = new_flavor(cloud, f"gpu-{name}", gpu)
    spot = new_flavor(cloud, f"spot-{name}", {**gpu, "blazar:preemptible": "true"})
    spots = [boot(cloud, "demo", f"{name}-spot", spot) for _ in range(spec.gpus)]
    active = ["ACTIVE"] * spec.gpus
    wait_until(lambda: states(cloud, "demo", spots) == active, "spot runs", at_most=SOON_SECONDS, every=0.5)
    return plain, spots


def _until_built(cloud: Cloud, servers: list[str]) -> None:
    """Wait until Nova has built the owner's servers, or refused to."""
    wait_until(lambda: "BUILD" not in states(cloud, "owner", servers), "built", at_most=SOON_SECONDS, every=0.5)


def in_two_minutes() -> datetime:
    start = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=2)
    assert (start - datetime.now(UTC)).total_seconds() > MIN_UPTIME_SECONDS
    return start


def reserve(cloud: Cloud, name: str, flavor: str, amount: int, start: datetime | None) -> dict[str, Any]:
    """A lease of so many servers for an hour, from ``start`` on or from now."""
    end = (start or datetime.now(UTC)) + timedelta(hours=1)
    wanted = {"resource_type": "flavor:instance", "flavor_id": flavor, "amount": amount, "affinity": None}
    dates = start.strftime(LEASE_FORMAT) if start else "now", end.strftime(LEASE_FORMAT)
    leases = cloud.blazar("owner").lease
    lease: dict[str, Any] = leases.create(f"{name}-{amount}", *dates, reservations=[wanted], events=[])
    return lease


def has_begun(cloud: Cloud, lease: dict[str, Any]) -> bool:
    seen = cloud.blazar("owner").lease.get(lease["id"])
    return seen["status"] in ("ACTIVE", "ERROR") and not seen["degraded"]


def new_flavor(cloud: Cloud, name: str, specs: dict[str, str]) -> str:
    compute = cloud.connection("admin").compute
    flavor = compute.create_flavor(name=name, vcpus=2, ram=1024, disk=1)
    compute.create_flavor_extra_specs(flavor, specs)
    return str(flavor.id)


def boot(cloud: Cloud, project: str, name: str, flavor: str) -> str:
    connection = cloud.connection(project)
    image = connection.image.find_image(IMAGE).id
    server = connection.compute.create_server(name=name, flavor_id=flavor, image_id=image, networks="none")
    return str(server.id)


def states(cloud: Cloud, project: str, servers: list[str]) -> list[str]:
    """Their states; of those that are gone nothing is said."""
    known = {server.id: str(server.status) for server in cloud.connection(project).compute.servers()}
    return [known[one] for one in servers if one in known]
