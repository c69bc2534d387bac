# SPDX-License-Identifier: Apache-2.0
"""A cloud with Blazar's own plugins, which our devstack plugin makes ours: every setting of ours in it is devstack's.

Devstack is played by stand-ins, but for what it would do to files: users, catalog and database are made as the plugin
asked for them. Then a story is played, and later the doctor is called.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from blazar_spot.demo.cast import Cast
from blazar_spot.demo.compressed_time import options
from blazar_spot.demo.record import Record
from blazar_spot.demo.sights import Picture
from blazar_spot.demo.story import Story
from blazar_spot.devcloud import accounts
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.fixture import cloud
from blazar_spot.devcloud.ports import free_ports
from blazar_spot.devcloud.services import script
from blazar_spot.devcloud.settings.blazar import blazar
from blazar_spot.devcloud.settings.ini import Settings, render, with_overrides
from blazar_spot.devcloud.settings.nova import nova
from blazar_spot.devcloud.site import DOMAIN, PASSWORD, REGION, Options, Site
from tests.e2e import lanes, stages
from tests.e2e.lanes import Lane, Played
from tests.functional.operators.sights import Told
from tests.unit.devstack.stack import Stack

__all__ = ["cloud"]

READERS = ("spot-engine", "spot-api", "blazar-api", "blazar-manager", "nova-api", "nova-metadata", "nova-scheduler")
"""Whoever reads one of the files that the plugin writes. Computes read a file of their own in devstack as well."""

TELLING = "keystoneauth=DEBUG,keystonemiddleware=DEBUG,urllib3=DEBUG,oslo.messaging=DEBUG,oslo_messaging=DEBUG"
"""The libraries that know secrets."""


def told(cast: Cast, cloud: Cloud) -> Told:
    """Four spot instances give way to a reservation; one of them reads its notice in vendordata as well, its holder
    acknowledges it, and a webhook wants to be told."""
    record, vendordata, request_id = Record(), {}, ""
    api = stages.api_of(cloud, "demo")
    wanted = {"name": "pager", "url": "https://receiver.example/"}
    webhook = api.post("/v1/webhooks", json=wanted).json()["webhook"]
    project = cloud.connection("demo").current_project_id
    for sight in Story(cast).play():
        record.take(sight)
        noticed = [guest.id for guest in sight.guests if guest.notice] if isinstance(sight, Picture) else []
        if noticed and not vendordata.get("spot"):
            vendordata = cloud.read_vendordata(noticed[0], project)
            if incident := vendordata.get("spot", {}).get("event", {}).get("id"):
                answer = api.post(f"/v1/events/{incident}/ack", json={"ready": False})
                request_id = answer.headers["X-Openstack-Request-Id"]
    api.delete(f"/v1/webhooks/{webhook['id']}")
    return Told(record, vendordata, request_id, webhook["secret"])


LANES = {"told": Lane({"told": told})}


@pytest.fixture(scope="session")
def cloud_options() -> Options:
    return options("spot", lanes.specs(LANES))


@pytest.fixture(scope="session")
def metrics_port() -> int:
    """Where the engine tells its figures."""
    return free_ports(("metrics",))["metrics"]


@pytest.fixture(scope="session")
def stacked(cloud: Cloud, metrics_port: int, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """The cloud is ours by devstack's doing; this is the devstack."""
    for name in READERS:
        cloud.service(name).stop()
    site = cloud.site
    _forget(cloud)
    site.conf("nova").write_text(render(_plain_nova(site)))
    site.conf("blazar").write_text(render(blazar(_upstream(site))))
    stack = Stack(tmp_path_factory.mktemp("devstack"), _local_conf(site))
    calls = stack.run("stack", "install") + stack.run("stack", "post-config")
    _make_accounts(cloud, calls)
    _merge_local_conf(site, metrics_port)
    for name in reversed(READERS):
        cloud.service(name).start()
    return stack


@pytest.fixture(scope="session")
def played(cloud: Cloud, stacked: Stack) -> Iterator[Played]:
    """Every story by its name, when all are over."""
    assert stacked.spot.exists()
    with lanes.played(cloud, LANES) as all_played:
        yield all_played


def _upstream(site: Site) -> Site:
    return replace(site, options=replace(site.options, plugin="upstream"))


def _plain_nova(site: Site) -> Settings:
    """As devstack and Blazar's plugin leave it."""
    settings = nova(_upstream(site))
    filters = str(settings["filter_scheduler"]["enabled_filters"]).split(",")
    del settings["blazar:physical:host"]
    settings["notifications"] = {"notification_format": "unversioned"}
    settings["filter_scheduler"]["enabled_filters"] = ",".join(one for one in filters if "Aggregate" not in one)
    settings["vendordata_dynamic_auth"] = {}
    return settings


def _forget(cloud: Cloud) -> None:
    """Let nothing of ours be there: no user, no entry in the catalog, an empty database, no file."""
    identity = cloud.connection("admin").identity
    identity.delete_user(identity.find_user("spot"))
    for service in identity.services(type="spot"):
        identity.delete_service(service)
    engine = create_engine(cloud.site.database_url("mysql"))
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE blazar_spot"))
        connection.execute(text("CREATE DATABASE blazar_spot"))
    engine.dispose()
    cloud.conf("spot").unlink()


def _local_conf(site: Site) -> dict[str, str]:
    return {
        "BIN": str(Path(script("blazar-spot-manage")).parent),
        "REGION_NAME": REGION,
        "SERVICE_PASSWORD": PASSWORD,
        "SERVICE_DOMAIN_NAME": DOMAIN,
        "KEYSTONE_SERVICE_URI": site.auth_url,
        "DATABASE_URL": site.database_url("NAME"),
        "TRANSPORT_URL": site.transport_url,
        "NOVA_CONF": str(site.conf("nova")),
        "BLAZAR_CONF_FILE": str(site.conf("blazar")),
        "BLAZAR_SPOT_CONF_DIR": str(site.conf("spot").parent),
        "BLAZAR_SPOT_URL": site.url("spot-api"),
    }


def _make_accounts(cloud: Cloud, calls: list[list[str]]) -> None:
    """Do what devstack's functions do when they are called like this."""
    identity = cloud.connection("admin").identity
    project = identity.find_project("service")
    roles = {role.name: role for role in identity.roles()}
    for name, *words in calls:
        if name == "create_service_user":
            user = identity.create_user(name=words[0], password=PASSWORD, domain_id="default")
            for role in ("service", words[1]):
                identity.assign_project_role_to_user(project, user, roles[role])
        elif name == "get_or_create_service":
            identity.create_service(name=words[0], type=words[1], description=words[2])
        elif name == "get_or_create_endpoint":
            service = next(iter(identity.services(type=words[0])))
            identity.create_endpoint(service_id=service.id, interface="public", region_id=words[1], url=words[2])
    assert accounts.connect(cloud.site, "blazar-spot", "service").current_project_id == project.id


def _merge_local_conf(site: Site, metrics_port: int) -> None:
    """What a person would say in local.conf: minutes are seconds, Prometheus may ask, and libraries tell all."""
    written = site.conf("spot").read_text()
    own: Settings = {"metrics": {"port": metrics_port}, "DEFAULT": {"default_log_levels": TELLING}}
    ours: Settings = with_overrides(own, "spot", site.options.overrides)
    for section, values in ours.items():
        lines = "\n".join(f"{option} = {value}" for option, value in values.items())
        head = f"[{section}]\n"
        written = written.replace(head, f"{head}{lines}\n") if head in written else f"{written}{head}{lines}\n"
    site.conf("spot").write_text(written)
