# SPDX-License-Identifier: Apache-2.0
"""A cloud with our plugins, and Tempest in an environment of its own, set up for that cloud."""

import configparser
import pathlib
import re
import subprocess
import sys
from dataclasses import dataclass

import pytest

from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.fixture import cloud
from blazar_spot.devcloud.hosts import HostSpec, name_hosts
from blazar_spot.devcloud.site import DOMAIN, PASSWORD, REGION, Options, Override
from blazar_spot.devcloud.stock import IMAGE, PLAIN_FLAVOR

__all__ = ["cloud"]

REQUIREMENTS = pathlib.Path(__file__).with_name("requirements.txt")
LISTED = re.compile(r"^blazar_tempest_plugin\.tests\.([\w.]+)", re.MULTILINE)
OUTCOME = re.compile(r"^\{\d+\} blazar_tempest_plugin\.tests\..* \.\.\. (?P<outcome>\S+)", re.MULTILINE)
MINUTES = 10


@dataclass(frozen=True)
class Tempest:
    """Tempest, set up for the cloud."""

    command: pathlib.Path
    workspace: pathlib.Path

    def scenarios(self) -> set[str]:
        """All that there are."""
        return set(LISTED.findall(self._run("--list-tests")))

    def play(self, scenario: str) -> tuple[str | None, str]:
        """What became of it, and all that Tempest said."""
        said = self._run("--serial", "--regex", rf"\.{re.escape(scenario)}(\[|$)")
        found = OUTCOME.search(said)
        return found["outcome"] if found else None, said

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            [str(self.command), "run", *words],
            cwd=self.workspace,
            capture_output=True,
            text=True,
            check=False,
            timeout=MINUTES * 60,
        )
        return done.stdout + done.stderr


@pytest.fixture(scope="session")
def cloud_options() -> Options:
    """Tempest looks for the hosts of a lease the moment it has ended, so the end waits until its servers are gone."""
    patient = Override("spot", "leases", "handback_budget_seconds", "60")
    return Options(hosts=name_hosts([HostSpec()] * 2), plugin="spot", overrides=(patient,))


@pytest.fixture(scope="session")
def command(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The tempest command."""
    home = tmp_path_factory.mktemp("tempest") / "environment"
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    subprocess.run([home / "bin" / "pip", "install", "--quiet", "--requirement", REQUIREMENTS], check=True)
    return home / "bin" / "tempest"


@pytest.fixture(scope="session")
def tempest(cloud: Cloud, command: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> Tempest:
    workspace = tmp_path_factory.mktemp("workspace") / "here"
    # Else it is registered at home, and the next run finds its name taken.
    registry = workspace.with_name("workspaces.yaml")
    subprocess.run([command, "init", "--workspace-path", registry, workspace], check=True, capture_output=True)
    with (workspace / "etc" / "tempest.conf").open("w") as file:
        settings(cloud, workspace).write(file)
    return Tempest(command, workspace)


def settings(cloud: Cloud, workspace: pathlib.Path) -> configparser.ConfigParser:
    """tempest.conf for a dev cloud: no network, no volumes, no way into the guests."""
    admin = cloud.connection()
    image, flavor = admin.image.find_image(IMAGE).id, admin.compute.find_flavor(PLAIN_FLAVOR).id
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_dict(
        {
            "DEFAULT": {"log_file": str(workspace / "tempest.log")},
            "oslo_concurrency": {"lock_path": str(workspace / "locks")},
            "auth": {
                "admin_username": "admin",
                "admin_password": PASSWORD,
                "admin_project_name": "admin",
                "admin_domain_name": DOMAIN,
                "create_isolated_networks": "false",
                "tempest_roles": "member",
            },
            "identity": {"auth_version": "v3", "uri_v3": cloud.site.auth_url, "region": REGION},
            "compute": {
                "image_ref": image,
                "image_ref_alt": image,
                "flavor_ref": flavor,
                "flavor_ref_alt": flavor,
            },
            "service_available": {"blazar": "true", "cinder": "false", "neutron": "false", "swift": "false"},
            "validation": {"run_validation": "false"},
            "resource_reservation": {"lease_interval": "2"},
        }
    )
    return parser
