# SPDX-License-Identifier: Apache-2.0
"""Where each story plays: its host, and a preemptible flavor that leads there and nowhere else."""

from collections.abc import Generator
from typing import Any, TypeVar

from sqlalchemy import create_engine, text

from blazar_spot.demo.cast import Cast, Stage
from blazar_spot.demo.compressed_time import GPUS
from blazar_spot.demo.record import Record
from blazar_spot.demo.sights import Sight
from blazar_spot.demo.story import watch
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.waiting import wait_until

T = TypeVar("T")


def furnish(cloud: Cloud, names: list[str]) -> dict[str, Stage]:
    """A stage for each name; the engine has made the flavors consume the spot pools when this returns."""
    hosts = {host.spec.gpu_model: host.name for host in cloud.site.options.hosts}
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

    wait_until(are_enrolled, "the flavors consume the spot pools", at_most=30, every=0.5)
    return {
        name: Stage(
            name=name,
            host=hosts[name],
            gpus=GPUS,
            look_every=1.0,
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
    follow(record, watch(cast.onlooker, lambda seen: not seen.guests, "the stage is empty", 60, "nova-api"))


def rows(cloud: Cloud, query: str, **values: Any) -> list[dict[str, Any]]:
    """What the engine's database says; read only."""
    engine = create_engine(cloud.site.database_url("blazar_spot"))
    try:
        with engine.connect() as connection:
            return [dict(row) for row in connection.execute(text(query), values).mappings()]
    finally:
        engine.dispose()
