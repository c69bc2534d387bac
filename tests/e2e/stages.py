# SPDX-License-Identifier: Apache-2.0
"""Where each story plays: its host, and a preemptible flavor that leads there and nowhere else."""

import time
from collections.abc import Generator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from blazarclient.exception import BlazarClientException
from keystoneauth1.adapter import Adapter
from openstack.exceptions import ConflictException, NotFoundException
from sqlalchemy import create_engine, text

from blazar_spot.demo.cast import Cast, Stage
from blazar_spot.demo.compressed_time import GPUS
from blazar_spot.demo.record import Record
from blazar_spot.demo.sights import Sight
from blazar_spot.demo.story import watch
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.waiting import wait_until

T = TypeVar("T")

LOOK_SECONDS = 2.5
"""A look asks everybody for everything, in eight requests and more, and more than a dozen stories look at one cloud:
those who look must not be what it is busy with."""

SOON_SECONDS = 120
"""Within so many seconds happens what happens soon, however slow the machine is: nobody waits longer than it takes."""


def furnish(cloud: Cloud, names: list[str]) -> dict[str, Stage]:
    """A stage for each name; the engine has made the flavors consume the spot pools when this returns."""
    hosts = {host.spec.gpu_model: host.name for host in reversed(cloud.site.options.hosts)}
    compute = cloud.connection("admin").compute
    flavors = {}
    for name in names:
        flavors[name] = compute.create_flavor(name=f"preemptible-{name}", vcpus=8, ram=12 * 1024, disk=10)
        specs = {
            "resources:CUSTOM_GPU": "1",
            "blazar:preemptible": "true",
            f"trait:CUSTOM_GPU_MODEL_{name.upper()}": "required",
        }
        compute.create_flavor_extra_specs(flavors[name], specs)

    def are_enrolled() -> bool:
        return all(
            "resources:CUSTOM_SPOT_CUSTOM_GPU" in compute.fetch_flavor_extra_specs(flavor).extra_specs
            for flavor in flavors.values()
        )

    wait_until(are_enrolled, "the flavors consume the spot pools", at_most=SOON_SECONDS, every=0.5)
    return {
        name: Stage(
            name=name,
            host=hosts[name],
            gpus=GPUS,
            look_every=LOOK_SECONDS,
            resource_properties=f'["==", "$gpu_model", "{name}"]',
            spot_flavor=f"preemptible-{name}",
        )
        for name in names
    }


def follow(record: Record, sights: Generator[Sight, None, T]) -> T:
    """Keep everything that is seen; returns what the generator does."""
    while True:
        try:
            record.take(next(sights))
        except StopIteration as end:
            value: T = end.value
            return value


def leave(cast: Cast, record: Record) -> None:
    """Delete what the story made, so that the next one finds the stage as this one did."""
    lease_id = cast.onlooker.lease_id
    if lease_id and cast.owner.lease(lease_id):
        cast.owner.give_back(lease_id)
    for guest in cast.onlooker.look().guests:
        (cast.spot_user if guest.is_spot else cast.owner).delete(guest.id)
    follow(record, watch(cast.onlooker, lambda seen: not seen.guests, "the stage is empty", SOON_SECONDS, "nova-api"))


def soon_after(instant: float) -> float:
    """How long to wait for what happens soon after an instant that is still to come."""
    return max(0.0, instant - time.time()) + SOON_SECONDS


def alike(cloud: Cloud, host: str) -> list[str]:
    """This host and the others with GPUs of its model."""
    models = {one.name: one.spec.gpu_model for one in cloud.site.options.hosts}
    return [name for name, model in models.items() if model == models[host]]


def on_host(cast: Cast, cloud: Cloud, host: str) -> Cast:
    """The same people, who look at this host and ask for it by its name."""
    by_name = f'["==", "$hypervisor_hostname", "{host}"]'
    return Cast(cloud, replace(cast.stage, host=host, resource_properties=by_name))


def clear(cloud: Cloud, stage: Stage) -> None:
    """Whatever a story has left, delete it, and return when its hosts are free for the next one."""
    hosts = alike(cloud, stage.host)
    for host in hosts:
        cloud.delete_seconds(0, host=host)
        cloud.spawn_seconds(0, host=host)
    onlookers = [on_host(Cast(cloud, stage), cloud, host).onlooker for host in hosts]
    admin, leases = cloud.connection("admin").compute, cloud.blazar("owner").lease

    def is_clear() -> bool:
        for lease in leases.list():
            if lease["name"].startswith(f"{stage.name}-"):
                with suppress(BlazarClientException):  # One that starts or ends just now cannot be deleted.
                    leases.delete(lease["id"])
        for guest in (pictures := [onlooker.look() for onlooker in onlookers])[0].guests:
            with suppress(NotFoundException, ConflictException):  # Gone since the look, or in the middle of a step.
                admin.delete_server(guest.id, force=True)
        return all(seen.serves == ("freepool",) and not seen.is_closed and not seen.guests for seen in pictures)

    wait_until(is_clear, f"the stage of {stage.name} is clear", at_most=2 * SOON_SECONDS, every=1.0)
    for host in hosts:
        cloud.delete_seconds(cloud.site.options.delete_seconds, host=host)


def rows(cloud: Cloud, query: str, **values: Any) -> list[dict[str, Any]]:
    """What the engine's database says; read only."""
    engine = create_engine(cloud.site.database_url("blazar_spot"))
    try:
        with engine.connect() as connection:
            return [dict(row) for row in connection.execute(text(query), values).mappings()]
    finally:
        engine.dispose()


def api_of(cloud: Cloud, project: str) -> Adapter:
    """Our API as a user of this project reaches it: by the catalog, with a token."""
    return Adapter(cloud.connection(project).session, service_type="spot", interface="public", raise_exc=False)


def notices_of(cloud: Cloud, instance_id: str) -> list[dict[str, Any]]:
    """All notices that the engine ever had for this instance."""
    return rows(cloud, "SELECT * FROM notices WHERE instance_id = :id", id=instance_id)


def instants_of(cloud: Cloud, lease_id: str) -> dict[str, float]:
    """When the steps of the lease's one reclaim are due."""
    query = "SELECT reclaims.* FROM reclaims JOIN claims ON claims.id = reclaims.id WHERE claims.lease_id = :lease"
    (planned,) = rows(cloud, query, lease=lease_id)
    return {name: instant_of(planned[name]) for name in ("fence_at", "notice_at", "evict_at", "start_at")}


def instant_of(moment: datetime) -> float:
    """An instant as MariaDB keeps it: UTC that does not say so."""
    return moment.replace(tzinfo=UTC).timestamp()
