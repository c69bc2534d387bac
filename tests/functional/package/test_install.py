# SPDX-License-Identifier: Apache-2.0
"""What is published installs alone: a wheel and an sdist of this commit, each in an environment with nothing else."""

import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.functional.package.commands import only, pip, run

SERVICES = {"blazar", "glance", "horizon", "keystone", "neutron", "nova", "openstack_placement"}
SCRIPTS = (
    "blazar-spot",
    "blazar-spot-api",
    "blazar-spot-devcloud",
    "blazar-spot-engine",
    "blazar-spot-manage",
    "blazar-spot-status",
)
BESIDE_THE_CODE = (
    "devstack/plugin.sh",
    "devstack/settings",
    "etc/blazar-spot/alerts.yaml",
    "etc/blazar-spot/blazar-spot.conf.sample",
    "etc/systemd/blazar-spot-engine.service",
)


def test_the_wheel_brings_along_no_other_service(installed: Path) -> None:
    packages = {line.partition("==")[0].lower().replace("-", "_") for line in pip(installed, "freeze").split()}
    assert "blazar_spot" in packages
    assert packages & SERVICES == set()


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_command_of_the_wheel_says_what_there_is(installed: Path, script: str) -> None:
    assert "usage" in run(installed / script, "--help").lower()


def test_the_wheel_makes_a_database_and_serves_the_api(installed: Path, tmp_path: Path) -> None:
    """Its migrations, its documents and its entry points are in it."""
    conf = tmp_path / "blazar-spot.conf"
    conf.write_text(
        f"[database]\nconnection = sqlite:///{tmp_path}/promises.db\n[healthcheck]\nbackends = blazar_spot_database\n"
        "[service_auth]\nauth_type = none\n[keystone_authtoken]\nauth_type = none\n"
    )
    assert "the newest is" in run(installed / "blazar-spot-manage", "--config-file", conf, "db", "sync", where=tmp_path)
    program = f"from blazar_spot import wiring; wiring.api(wiring.load({str(conf)!r}))"
    run(installed / "python", "-c", program, where=tmp_path)


def test_the_sdist_has_what_lies_beside_the_code_and_the_wheel_has_no_tests(built: Path) -> None:
    with tarfile.open(only(built, "*.tar.gz")) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert set(BESIDE_THE_CODE) - names == set()
    with zipfile.ZipFile(only(built, "*.whl")) as wheel:
        rooms = {name.partition("/")[0] for name in wheel.namelist()}
    assert rooms == {"blazar_spot", next(room for room in rooms if room.endswith(".dist-info"))}


def test_the_sdist_installs_as_well(built: Path, installed: Path, tmp_path: Path) -> None:
    sdist = only(built, "*.tar.gz")
    pip(installed, "install", "--quiet", "--no-deps", "--target", tmp_path, sdist)
    assert (tmp_path / "blazar_spot" / "api" / "openapi" / "service.yaml").exists()
