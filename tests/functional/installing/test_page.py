# SPDX-License-Identifier: Apache-2.0
"""doc/source/installing.rst, followed from its first line to its last beside a clean cloud: then a reclaim works."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from blazar_spot.demo.cast import Cast, Stage
from blazar_spot.demo.compressed_time import GPUS
from blazar_spot.demo.record import Record
from blazar_spot.demo.story import Story
from blazar_spot.demo.verdict import promises
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.settings.ini import render, with_overrides
from blazar_spot.devcloud.waiting import wait_until
from tests.functional.installing.operator import FLAVOR, LEFT_OUT, Operator
from tests.functional.installing.page import Command, Lines, parts

pytestmark = pytest.mark.nightly

RESTARTED = ("nova-scheduler", "nova-conductor", "nova-api", "nova-metadata")
ASKS = ("curl", "doctor")
"""What only asks is asked again for as long as this, until it is well."""
ASKS_SECONDS = 60


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


def test_the_programs_run_out_of_the_environment_of_the_page(installed: Operator) -> None:
    listed = installed.type("/opt/blazar-spot/bin/pip list").stdout.lower()
    assert "blazar_spot" in listed.replace("-", "_")
    assert installed.type("ls /opt/blazar-spot/bin/gunicorn").returncode == 0
    command = installed.cloud.state_dir / "run" / "blazar-spot-engine.json"
    assert command.exists()


def test_a_reservation_takes_its_host_back_and_keeps_every_promise(cloud: Cloud, installed: Operator) -> None:
    stage = Stage(name="page", host=cloud.site.options.hosts[0].name, gpus=GPUS, look_every=1.0, spot_flavor=FLAVOR)
    record = Record()
    for sight in Story(Cast(cloud, stage)).play():
        record.take(sight)
    assert record.decided_as == "ACTIVE"
    assert [promise for promise in promises(record) if not promise.is_kept] == []
    vouched = installed.type("/opt/blazar-spot/bin/blazar-spot-manage doctor")
    assert vouched.returncode == 0, vouched.stdout
