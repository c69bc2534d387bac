# SPDX-License-Identifier: Apache-2.0
"""doc/source/installing.rst, followed from its first line to its last beside a clean cloud: then a reclaim works.

And doc/source/leaving.rst after it: then nothing of ours is left, and Blazar's own plugins serve a lease.
"""

import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import create_engine, text

from blazar_spot.core.notice import KEYS, SCHEDULED_KEY
from blazar_spot.demo.cast import Cast, Owner, Stage
from blazar_spot.demo.compressed_time import GPUS
from blazar_spot.demo.record import Record
from blazar_spot.demo.sights import Lease
from blazar_spot.demo.story import LEASE_FORMAT, Story
from blazar_spot.demo.verdict import promises
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.processes import Processes
from blazar_spot.devcloud.settings.ini import render, with_overrides
from blazar_spot.devcloud.waiting import wait_until
from tests.functional.installing.operator import FLAVOR, LEFT_OUT, Operator
from tests.functional.installing.page import PAGE, Command, Lines, parts

pytestmark = pytest.mark.nightly

RESTARTED = ("nova-scheduler", "nova-conductor", "nova-api", "nova-metadata")
ASKS = ("curl", "doctor")
"""What only asks is asked again for as long as this, until it is well."""
ASKS_SECONDS = 60
SILENT_SECONDS = 180
"""An engine counts as gone after two minutes."""
SOON_SECONDS = 90


@pytest.fixture(scope="module")
def installed(wheel: Path, cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """All of the page has been done."""
    operator = Operator(cloud, tmp_path_factory.mktemp("machine"), wheel)
    operator.prepare()
    make_ready(cloud)
    follow(operator, list(parts()))
    return operator


def make_ready(cloud: Cloud) -> None:
    """A database server without our database, and a flavor that is to become a spot flavor."""
    engine = create_engine(cloud.site.database_url("mysql"))
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE blazar_spot"))
    engine.dispose()
    compute = cloud.connection("admin").compute
    flavor = compute.create_flavor(name=FLAVOR, vcpus=8, ram=12 * 1024, disk=10)
    compute.create_flavor_extra_specs(flavor, {"resources:CUSTOM_GPU": "1"})


def follow(operator: Operator, page: Sequence[Command | Lines]) -> None:
    """Each block of options has its place in the text, which says what to write it into and whom to restart then."""
    site, ours = operator.cloud.site, operator.etc / "blazar-spot.conf"
    files = [
        [ours],
        [site.conf("nova")],
        operator.nova_files(),
        [site.conf("nova")],
        [site.conf("blazar")],
        [ours],
    ]
    restarts = {
        3: (*RESTARTED, *(f"compute-{host.name}" for host in site.options.hosts)),
        5: ("blazar-manager", "blazar-api"),
    }
    assert len(files) == sum(isinstance(part, Lines) for part in page)
    written = 0
    for part in page:
        if isinstance(part, Command):
            play(operator, part)
            continue
        operator.write(part, *files[written])
        if written == 0:
            minutes_are_seconds(operator, ours)
        for name in restarts.get(written, ()):
            operator.cloud.service(name).restart()
        written += 1


def minutes_are_seconds(operator: Operator, file: Path) -> None:
    """The policy is the operator's; with the default one the story would last half an hour."""
    operator.write(Lines(render(with_overrides({}, "spot", operator.cloud.site.options.overrides))), file)


def play(operator: Operator, command: Command) -> None:
    if command.text.startswith(LEFT_OUT):
        return
    if command.text.startswith("systemctl "):
        operator.systemctl(*command.text.split()[1:])
        return
    done = operator.type(command.text)

    def is_well() -> bool:
        nonlocal done
        if done.returncode:
            done = operator.type(command.text)
        return done.returncode == 0

    try:
        wait_until(is_well, command.text, at_most=ASKS_SECONDS if set(ASKS) & set(command.text.split()) else 0)
    except Exception:
        pytest.fail(f"{command.text}\n{done.stdout}\n{done.stderr}")


def stage_of(cloud: Cloud) -> Stage:
    host = cloud.site.options.hosts[0].name
    return Stage(name="page", host=host, gpus=GPUS, look_every=1.0, spot_flavor=FLAVOR)


class Ours(NamedTuple):
    """What the cloud has of us: flavors that ask for spot pools, told servers, and which spot pools are closed."""

    flavors: set[str]
    told: set[str]
    pools: dict[str, bool]

    @classmethod
    def seen(cls, cloud: Cloud) -> "Ours":
        admin = cloud.connection("admin")
        pools = {}
        for one in admin.placement.get("/resource_providers", microversion="1.39").json()["resource_providers"]:
            path = f"/resource_providers/{one['uuid']}/inventories"
            gives = admin.placement.get(path, microversion="1.39").json()["inventories"]
            if one["name"].startswith("spot_") and gives:
                pools[one["name"]] = any(has["reserved"] == has["total"] for has in gives.values())
        flavors = admin.compute.flavors(is_public=None, get_extra_specs=True)
        return cls(
            {one.name for one in flavors if any("CUSTOM_SPOT" in key for key in one.extra_specs)},
            {one.id for one in admin.compute.servers(all_projects=True) if one.metadata.keys() & set(KEYS)},
            pools,
        )


def retire(operator: Operator, *words: str) -> subprocess.CompletedProcess[str]:
    return operator.type(" ".join(["/opt/blazar-spot/bin/blazar-spot-manage retire", *words]))


def test_the_programs_run_out_of_the_environment_of_the_page(installed: Operator) -> None:
    listed = installed.type("/opt/blazar-spot/bin/pip list").stdout.lower()
    assert "blazar_spot" in listed.replace("-", "_")
    assert installed.type("ls /opt/blazar-spot/bin/gunicorn").returncode == 0
    command = installed.cloud.state_dir / "run" / "blazar-spot-engine.json"
    assert command.exists()


def test_a_reservation_takes_its_host_back_and_keeps_every_promise(cloud: Cloud, installed: Operator) -> None:
    record = Record()
    for sight in Story(Cast(cloud, stage_of(cloud))).play():
        record.take(sight)
    assert record.decided_as == "ACTIVE"
    assert [promise for promise in promises(record) if not promise.is_kept] == []
    vouched = installed.type("/opt/blazar-spot/bin/blazar-spot-manage doctor")
    assert vouched.returncode == 0, vouched.stdout


def test_who_leaves_as_the_page_says_has_a_cloud_in_which_blazar_alone_serves_a_lease(
    cloud: Cloud, installed: Operator
) -> None:
    compute = cloud.connection("admin").compute
    Processes(cloud.state_dir).stop("blazar-spot-engine")
    [guest] = compute.servers(all_projects=True)
    compute.set_server_metadata(guest, **{SCHEDULED_KEY: "1"})
    pool = f"spot_{cloud.site.options.hosts[0].name}"
    before = Ours.seen(cloud)
    assert FLAVOR in before.flavors
    assert (before.told, before.pools) == ({guest.id}, {pool: False})

    dry = retire(installed)
    assert (dry.returncode, dry.stdout.splitlines()[-1]) == (0, "Nothing was done; --yes does it.")
    assert "gave a sign of life" in retire(installed, "--yes").stderr
    assert Ours.seen(cloud) == before

    is_silent = "the engine is taken for gone"
    wait_until(lambda: not retire(installed).stderr, is_silent, at_most=SILENT_SECONDS, every=5.0)
    left = retire(installed, "--yes")
    assert left.returncode == 1, left.stdout
    assert "LEFT: Remove the spot pool" in left.stdout
    assert Ours.seen(cloud) == Ours(set(), set(), {pool: False})
    assert compute.get_server(guest).status == "ACTIVE"
    compute.delete_server(guest)
    is_done = "nothing is left to do"
    wait_until(lambda: retire(installed, "--yes").returncode == 0, is_done, at_most=SOON_SECONDS, every=2.0)
    assert Ours.seen(cloud) == Ours(set(), set(), {})

    [plugins] = (part for part in parts(PAGE.with_name("leaving.rst")) if isinstance(part, Lines))
    for lines in (plugins, Lines("[enforcement]\nenabled_filters =\n")):
        installed.write(lines, cloud.conf("blazar"))
    for name in ("blazar-manager", "blazar-api"):
        cloud.service(name).restart()
    serves_a_lease(cloud)


def serves_a_lease(cloud: Cloud) -> None:
    """A whole host, and a server of its owner on it."""
    owner, compute = Owner(cloud, stage_of(cloud)), cloud.connection("admin").compute
    lease = owner.ask("now", (datetime.now(UTC) + timedelta(hours=1)).strftime(LEASE_FORMAT))
    assert isinstance(lease, Lease), lease

    def is_active() -> bool:
        now = owner.lease(lease.id)
        return now is not None and now.status == "ACTIVE"

    wait_until(is_active, "the lease is ACTIVE", at_most=SOON_SECONDS, every=0.5)
    server = owner.boot("alone", lease.reservation_id)
    is_booted = "a server of the owner is ACTIVE"
    wait_until(lambda: compute.get_server(server).status == "ACTIVE", is_booted, at_most=SOON_SECONDS, every=0.5)
