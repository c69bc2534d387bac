# SPDX-License-Identifier: Apache-2.0
"""A fresh cloud does what people and our own services will rely on."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from blazar_spot.devcloud.cli import main
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.stock import FREEPOOL, IMAGE, PLAIN_FLAVOR, SPOT_FLAVOR
from blazar_spot.devcloud.waiting import Stopwatch, wait_until

Boot = Callable[..., Any]
PATIENCE_SECONDS = 120


@pytest.fixture
def boot(cloud: Cloud) -> Iterator[Boot]:
    """Boots a server as demo and waits until it runs; what is left in the end is deleted."""
    compute = cloud.connection("demo").compute
    image = next(iter(cloud.connection("demo").image.images(name=IMAGE)))
    booted = []

    def boot_one(flavor: str = SPOT_FLAVOR, host: str | None = None) -> Any:
        place = {"availability_zone": f"nova:{host}"} if host else {}
        actor = cloud.connection("admin" if host else "demo").compute
        server = actor.create_server(
            name="test",
            image_id=image.id,
            flavor_id=compute.find_flavor(flavor).id,
            networks="none",
            **place,
        )
        booted.append((actor, server.id))
        return actor.wait_for_server(server, wait=PATIENCE_SECONDS, interval=0.3)

    yield boot_one
    cloud.delete_seconds(0)
    for actor, server_id in booted:
        actor.delete_server(server_id, ignore_missing=True)
    for actor, server_id in booted:
        wait_until(partial(is_gone, actor, server_id), f"{server_id} is gone", at_most=PATIENCE_SECONDS)
    cloud.delete_seconds(cloud.site.options.delete_seconds)


def is_gone(compute: Any, server_id: str) -> bool:
    return compute.find_server(server_id, ignore_missing=True) is None


def gpu_providers(cloud: Cloud) -> dict[str, Any]:
    """The inventories of GPUs by the names of their providers."""
    placement = cloud.connection().placement
    found = {}
    for provider in placement.resource_providers():
        for inventory in placement.resource_provider_inventories(provider):
            if inventory.resource_class == "CUSTOM_GPU":
                found[provider.name] = inventory.total
    return found


def test_every_service_runs_and_nova_sees_its_own(cloud: Cloud) -> None:
    assert [name for name, is_alive in cloud.status() if not is_alive] == []
    services = list(cloud.connection().compute.services())
    assert {service.state for service in services} == {"up"}
    assert {service.binary for service in services} >= {"nova-compute", "nova-conductor", "nova-scheduler"}


def test_every_host_is_in_blazar_and_in_the_freepool(cloud: Cloud) -> None:
    names = {host.name for host in cloud.site.options.hosts}
    hosts = cloud.blazar().host.list()
    assert {host["hypervisor_hostname"] for host in hosts} == names
    assert {host["gpu_model"] for host in hosts} == {"1080", "a100"}
    assert set(cloud.connection().compute.find_aggregate(FREEPOOL).hosts) == names


def test_gpus_are_on_the_provider_that_the_hosts_description_says(cloud: Cloud) -> None:
    assert gpu_providers(cloud) == {"host01": 4, "host02": 4, "host03_gpus": 8}


def test_a_delete_takes_as_long_as_configured(cloud: Cloud, boot: Boot) -> None:
    server = boot()
    compute = cloud.connection("demo").compute
    watch = Stopwatch()
    compute.delete_server(server)
    wait_until(lambda: is_gone(compute, server.id), "the server is gone", at_most=PATIENCE_SECONDS)
    assert 3 <= watch.seconds < 30


def test_a_slow_delete_can_be_cut_short(cloud: Cloud, boot: Boot) -> None:
    server = boot()
    compute = cloud.connection("demo").compute
    cloud.delete_seconds(600, server=server.id)
    compute.delete_server(server)
    wait_until(lambda: compute.get_server(server.id).task_state == "deleting", "deleting", at_most=PATIENCE_SECONDS)
    cloud.delete_seconds(0, server=server.id)
    wait_until(lambda: is_gone(compute, server.id), "the server is gone", at_most=PATIENCE_SECONDS)


def test_a_nested_gpu_is_given_to_a_server(cloud: Cloud, boot: Boot) -> None:
    server = boot(host="host03")
    answer = cloud.connection().placement.get(f"/allocations/{server.id}")
    classes = [set(part["resources"]) for part in answer.json()["allocations"].values()]
    assert {"CUSTOM_GPU"} in classes


def test_a_server_that_is_not_preemptible_finds_no_host_in_the_freepool(cloud: Cloud, boot: Boot) -> None:
    with pytest.raises(Exception, match="ERROR"):
        boot(PLAIN_FLAVOR)


def test_changed_metadata_is_seen_by_the_guest(cloud: Cloud, boot: Boot) -> None:
    server = boot()
    project = cloud.connection("demo").current_project_id
    assert cloud.read_metadata(server.id, project)["uuid"] == server.id
    cloud.connection().compute.set_server_metadata(server, cloud_termination_time="1700000000")

    def is_seen() -> bool:
        meta = cloud.read_metadata(server.id, project).get("meta", {})
        return bool(meta.get("cloud_termination_time") == "1700000000")

    wait_until(is_seen, "the guest sees the key", at_most=PATIENCE_SECONDS)


def test_instances_outlive_a_crash_of_their_compute(cloud: Cloud, boot: Boot) -> None:
    server = boot(host="host02")
    service = cloud.service("compute-host02")
    service.kill()
    assert not service.is_alive
    service.start()
    compute = cloud.connection().compute
    wait_until(
        lambda: all(s.state == "up" for s in compute.services(binary="nova-compute", host="host02")),
        "nova sees the compute again",
        at_most=PATIENCE_SECONDS,
        every=0.5,
    )
    assert compute.get_server(server.id).status == "ACTIVE"
    assert server.id in cloud.guests_on("host02")
    assert gpu_providers(cloud)["host02"] == 4


def test_a_service_is_killed_and_started_by_command(cloud: Cloud) -> None:
    def command(verb: str) -> int:
        return main(["--state-dir", str(cloud.state_dir), verb, "glance"])

    assert command("kill") == 0
    assert dict(cloud.status())["glance"] is False
    assert command("start") == 0
    assert dict(cloud.status())["glance"] is True


def test_the_openstack_command_works_for_the_reservations_owner(cloud: Cloud) -> None:
    flavors = cloud.openstack("flavor", "list", "-f", "value", "-c", "Name", project="owner")
    assert set(flavors.splitlines()) >= {PLAIN_FLAVOR, SPOT_FLAVOR}
    assert json.loads(cloud.openstack("reservation", "lease", "list", "-f", "json", project="owner")) == []


def test_a_host_is_lent_to_the_reservations_owner_and_comes_back(cloud: Cloud) -> None:
    leases = cloud.blazar("owner").lease
    end = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M")
    reservation = {
        "resource_type": "physical:host",
        "min": 1,
        "max": 1,
        "hypervisor_properties": '["==", "$hypervisor_hostname", "host01"]',
        "resource_properties": "",
    }
    lease = leases.create(name="test", start="now", end=end, reservations=[reservation], events=[])
    compute = cloud.connection().compute
    wait_until(
        lambda: leases.get(lease["id"])["status"] == "ACTIVE",
        "the lease is active",
        at_most=PATIENCE_SECONDS,
        every=0.5,
    )
    assert "host01" not in compute.find_aggregate(FREEPOOL).hosts
    leases.delete(lease["id"])
    wait_until(
        lambda: "host01" in compute.find_aggregate(FREEPOOL).hosts,
        "the host is back",
        at_most=PATIENCE_SECONDS,
        every=0.5,
    )
