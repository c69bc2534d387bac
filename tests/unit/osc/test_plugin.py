# SPDX-License-Identifier: Apache-2.0
"""What every openstack command pays for the plugin, and how it finds the service."""

import argparse
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from keystoneauth1.session import Session

from blazar_spot.client import Client
from blazar_spot.osc import plugin
from blazar_spot.testing.store import FakeStore
from tests.unit.api.served import made, put_incident, use_cases
from tests.unit.client.reached import ADDRESS, session

COMMANDS = sorted(path.stem for path in Path(plugin.__file__).parent.glob("[a-z]*.py"))


def imported(*modules: str) -> set[str]:
    """What a fresh Python has once it has imported these."""
    program = f"import sys, {', '.join(modules)}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_plugin_itself_imports_nothing() -> None:
    before = imported("argparse", "typing")
    assert imported("blazar_spot.osc.plugin") - before - sys.stdlib_module_names == {"blazar_spot"}


def test_the_commands_import_nothing_that_openstackclient_does_not_import_itself() -> None:
    """It loads all commands that there are, whichever is typed."""
    before = imported("openstackclient.shell")
    ours = imported("openstackclient.shell", *(f"blazar_spot.osc.{name}" for name in COMMANDS))
    assert ours - before - sys.stdlib_module_names == set()


@dataclass
class Manager:
    """As much as the plugin asks of OpenStackClient's."""

    session: Session
    region_name: str = "RegionOne"
    interface: str = "public"
    configuration: dict[str, Any] = field(default_factory=dict)

    def get_configuration(self) -> dict[str, Any]:
        return self.configuration


@pytest.mark.parametrize("configuration", [{}, {"spot_endpoint_override": ADDRESS}])
def test_the_service_is_found_by_the_catalog_or_by_the_configuration(configuration: dict[str, Any]) -> None:
    store = FakeStore()
    put_incident(store, "a")
    way, _ = session(made(use_cases(store)))
    client: Client = plugin.make_client(Manager(way, configuration=configuration))
    assert [event["id"] for event in client.events.list()] == ["notice-a"]


def test_the_version_of_the_api_is_an_option_of_all_commands() -> None:
    parser = plugin.build_option_parser(argparse.ArgumentParser())
    assert parser.parse_args(["--os-spot-api-version", "1"]).os_spot_api_version in plugin.API_VERSIONS
