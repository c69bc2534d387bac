# SPDX-License-Identifier: Apache-2.0
"""The doctor on a real cloud: nothing is wrong, then one thing after another is broken, found, and put right again."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from blazar_spot import conf as configuration
from blazar_spot import wiring
from blazar_spot.adapters.system_clock import SystemClock
from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from blazar_spot.demo.cast import Lease, Owner, Stage
from blazar_spot.demo.compressed_time import GPUS
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.waiting import wait_until
from blazar_spot.doctor import clocks
from tests.contract.webhook_store import WEBHOOK
from tests.e2e.lanes import Played
from tests.functional.operators.doctors import asked, changed, wrong
from tests.unit.devstack.stack import Stack

FAR = ("2098-01-01 00:00", "2098-01-02 00:00")
FLAVOR = "preemptible-unheard-of"
PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def well(cloud: Cloud, stacked: Stack, played: Played) -> Iterator[Path]:
    """The cloud as the story has left it, with a lease that is far away; its configuration file."""
    played["told"].result()
    owner = Owner(cloud, Stage(name="doctor", host=cloud.site.options.hosts[0].name, gpus=GPUS))
    lease = owner.ask(*FAR)
    assert isinstance(lease, Lease), lease
    wait_until(lambda: not wrong(stacked.spot), "nothing is wrong", at_most=PATIENCE_SECONDS, every=1)
    yield stacked.spot
    owner.give_back(lease.id)


Change = Callable[[Cloud], AbstractContextManager[None]]


@contextmanager
def engine_stopped(cloud: Cloud) -> Iterator[None]:
    cloud.service("spot-engine").stop()
    try:
        yield
    finally:
        cloud.service("spot-engine").start()


@contextmanager
def api_stopped(cloud: Cloud) -> Iterator[None]:
    cloud.service("spot-api").stop()
    try:
        yield
    finally:
        cloud.service("spot-api").start()


@contextmanager
def not_in_catalog(cloud: Cloud) -> Iterator[None]:
    identity = cloud.connection("admin").identity
    [service] = identity.services(type="spot")
    identity.update_service(service, is_enabled=False)
    try:
        yield
    finally:
        identity.update_service(service, is_enabled=True)


@contextmanager
def host_down(cloud: Cloud) -> Iterator[None]:
    compute = cloud.connection("admin").compute
    host = cloud.site.options.hosts[0].name
    [service] = compute.services(binary="nova-compute", host=host)
    compute.update_service_forced_down(service, host, "nova-compute", forced=True)
    try:
        yield
    finally:
        compute.update_service_forced_down(service, host, "nova-compute", forced=False)


@contextmanager
def pool_deleted(cloud: Cloud) -> Iterator[None]:
    placement = cloud.connection("admin").placement
    with engine_stopped(cloud):
        host = cloud.site.options.hosts[0].name
        [pool] = placement.get(f"/resource_providers?name=spot_{host}", microversion="1.26").json()[
            "resource_providers"
        ]
        placement.delete(f"/resource_providers/{pool['uuid']}", microversion="1.26").raise_for_status()
        yield


@contextmanager
def flavor_not_enrolled(cloud: Cloud) -> Iterator[None]:
    compute = cloud.connection("admin").compute
    with engine_stopped(cloud):
        flavor = compute.create_flavor(name=FLAVOR, vcpus=1, ram=64, disk=1)
        compute.create_flavor_extra_specs(flavor, {"blazar:preemptible": "true"})
        yield
        compute.delete_flavor(flavor)


@contextmanager
def webhook_sealed_by_others(cloud: Cloud) -> Iterator[None]:
    conf = configuration.load(files=[str(cloud.conf("spot"))])
    store = wiring.SqlStore(Database(**configuration.database_of(conf)))
    with store.begin() as work:
        work.put_webhook(WEBHOOK)
    yield
    with store.begin() as work:
        work.drop_webhook(WEBHOOK.id)


NOBODY_READS = {"notifications": "Nobody reads our queue"}
BROKEN: list[tuple[Change, dict[str, str]]] = [
    (engine_stopped, NOBODY_READS),
    (api_stopped, {"api": "The API is not well", "vendordata": "Guests read nothing"}),
    (not_in_catalog, {"catalog": "does not say where spot is"}),
    (host_down, {"freepool": "Nova takes hosts of the freepool for down: "}),
    (pool_deleted, {"pools": "no spot pool: ", **NOBODY_READS}),
    (flavor_not_enrolled, {"flavors": FLAVOR, **NOBODY_READS}),
    (webhook_sealed_by_others, {"webhooks": f"No key opens the secrets of webhooks: {WEBHOOK.id}"}),
]


def test_nothing_is_wrong_with_the_cloud_and_the_command_says_so(well: Path) -> None:
    done = asked(well)
    assert done.returncode == 0, done.stderr
    assert {one["grade"] for one in json.loads(done.stdout)["findings"]} == {"ok"}


@pytest.mark.parametrize(("breaks", "found"), BROKEN, ids=[change.__name__ for change, _ in BROKEN])
def test_what_is_broken_is_found(cloud: Cloud, well: Path, breaks: Change, found: dict[str, str]) -> None:
    with breaks(cloud):
        seen = wrong(well)
        assert seen.keys() == found.keys()
        assert [check for check, sentence in found.items() if sentence not in seen[check].found] == []
    wait_until(lambda: not wrong(well), "nothing is wrong any more", at_most=PATIENCE_SECONDS, every=1)


SETTINGS = [
    ("nova", "freepool_name", "nowhere", "freepool", "there is no aggregate nowhere"),
    ("service_auth", "username", "demo", "account", "could not be looked at"),
    ("service_auth", "region_name", "Nowhere", "catalog", "does not say where"),
    ("service_auth", "password", "wrong", "account", "could not be looked at"),
    ("notifications", "pool", "somebody-else", "notifications", "no queue of ours"),
    ("notifications", "transport_url", "rabbit://devcloud:wrong@127.0.0.1:1/", "notifications", "message bus at"),
    ("webhooks", "encryption_keys", "", "webhooks", "encryption_keys"),
]


@pytest.mark.parametrize(("section", "option", "value", "check", "found"), SETTINGS)
def test_a_setting_that_is_wrong_is_found(
    well: Path, tmp_path: Path, section: str, option: str, value: str, check: str, found: str
) -> None:
    assert found in wrong(changed(well, tmp_path, section, option, value))[check].found


def test_an_account_that_is_no_admin_is_found(well: Path, tmp_path: Path) -> None:
    file = changed(well, tmp_path, "service_auth", "username", "demo")
    file = changed(file, tmp_path, "service_auth", "project_name", "demo")
    assert "and not admin" in wrong(file)["account"].found


class Ahead(SystemClock):
    """The clock of a machine that nobody has set right."""

    def now(self) -> int:
        return super().now() + 60


def test_a_clock_that_is_wrong_is_told_by_everybody_who_disagrees(well: Path) -> None:
    patient = replace(wiring.patient(configuration.load(files=[str(well)])), clock=Ahead())
    behind = [one.found for one in clocks.agreement(patient) if one.is_wrong and "behind the one here" in one.found]
    assert len(behind) == len(("the database", *clocks.SERVICES))


def test_a_database_that_is_empty_or_another_one_is_found(cloud: Cloud, well: Path, tmp_path: Path) -> None:
    """Where the engine and blazar-manager use different databases, what one writes the other never reads."""
    engine = create_engine(cloud.site.database_url("mysql"))
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE blazar_spot_other"))
    engine.dispose()
    url = cloud.site.database_url("blazar_spot_other")
    file = changed(well, tmp_path, "database", "connection", url)
    assert "no tables of ours" in wrong(file)["database"].found
    migration.sync(Database(url))
    seen = wrong(file)
    assert "nobody has told us of" in seen["leases"].found
    assert "No engine gives signs of life" in seen["engines"].found
    assert "database" not in seen
