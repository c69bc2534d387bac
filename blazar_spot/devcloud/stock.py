# SPDX-License-Identifier: Apache-2.0
"""What a fresh cloud has on its shelves: a tiny image, two flavors, and its hosts in Blazar's freepool.

Everything is made through the APIs, as an operator would. Next: `cloud`.
"""

import threading

from blazarclient import client as blazar_client
from openstack.connection import Connection
from openstack.exceptions import raise_from_response

from blazar_spot.devcloud.accounts import connect
from blazar_spot.devcloud.hosts import Host, model_trait
from blazar_spot.devcloud.site import REGION, Site
from blazar_spot.devcloud.waiting import wait_until

FREEPOOL = "freepool"
IMAGE = "tiny"
PLAIN_FLAVOR = "boost-c8m12-gpu-1080-1"
SPOT_FLAVOR = "boost-preemptible-c8m12-gpu-1080-1"


def blazar(cloud: Connection) -> blazar_client.Client:
    """python-blazarclient as the user of this connection."""
    return blazar_client.Client(
        version=1, session=cloud.session, service_type="reservation", interface="public", region_name=REGION
    )


def name_gpus(site: Site) -> None:
    """Make Placement's classes and traits of all GPUs before the computes do.

    Of several that make the same one at once, one may be told that it is there before it can be used. It then says
    nothing of its host for a minute.
    """
    specs = [host.spec for host in site.options.hosts if host.spec.gpus]
    paths = {f"/resource_classes/{spec.gpu_class}" for spec in specs}
    paths |= {f"/traits/{model_trait(spec.gpu_model)}" for spec in specs}
    placement = connect(site, "admin").placement
    for path in sorted(paths):
        raise_from_response(placement.put(path, microversion="1.7"))


def create_image(site: Site) -> None:
    connect(site, "admin").image.create_image(
        name=IMAGE, disk_format="raw", container_format="bare", visibility="public", data=bytes(1024)
    )


def create_flavors(site: Site) -> None:
    """A GPU flavor and its preemptible twin, and the aggregate of reservable hosts."""
    compute = connect(site, "admin").compute
    gpu = {f"resources:{_gpu_class(site)}": "1"}
    for name, specs in ((PLAIN_FLAVOR, gpu), (SPOT_FLAVOR, {**gpu, "blazar:preemptible": "true"})):
        flavor = compute.create_flavor(name=name, vcpus=8, ram=12 * 1024, disk=10)
        compute.create_flavor_extra_specs(flavor, specs)
    compute.create_aggregate(name=FREEPOOL)


def enlist_hosts(site: Site, called_off: threading.Event) -> None:
    """Give all hosts to Blazar, which puts them into the freepool."""
    cloud = connect(site, "admin")
    names = {host.name for host in site.options.hosts}
    wait_until(
        lambda: names <= {one.name for one in cloud.compute.hypervisors()},
        "all hosts are known to Nova",
        at_most=180,
        every=0.3,
        called_off=called_off,
    )
    hosts = blazar(cloud).host
    for host in site.options.hosts:
        hosts.create(host.name, **_capabilities(host))


def _capabilities(host: Host) -> dict[str, str]:
    if not host.spec.gpus:
        return {}
    return {"gpus": str(host.spec.gpus), "gpu_model": host.spec.gpu_model}


def _gpu_class(site: Site) -> str:
    return next((host.spec.gpu_class for host in site.options.hosts if host.spec.gpus), "CUSTOM_GPU")
