# SPDX-License-Identifier: Apache-2.0
"""openstack spot flavor, and openstack server create --preemptible."""

import argparse
from dataclasses import replace

import pytest
import requests
from keystoneauth1.session import Session
from keystoneauth1.token_endpoint import Token
from openstack.connection import Connection
from osc_lib.command import command

from blazar_spot.core.errors import Unreachable
from blazar_spot.core.flavors import Flavor, missing_specs
from blazar_spot.testing.clock import FakeClock
from blazar_spot.testing.cloud import FakeCloud
from blazar_spot.testing.store import FakeStore
from tests.unit.api.served import ADMIN, NOON, made, use_cases
from tests.unit.client.reached import InProcess, reached
from tests.unit.osc.nova_stand_in import NovaStandIn
from tests.unit.osc.shell import ClientManager, Shell

NOVA = "http://nova.example/v2.1"
BOOST = Flavor(name="boost-c8", vcpus=8, memory_mb=12288, disk_gb=10, extra_specs={"resources:CUSTOM_GPU": "1"})


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud(FakeClock(NOON))
    cloud.add_flavor(BOOST)
    return cloud


@pytest.fixture
def nova(cloud: FakeCloud) -> NovaStandIn:
    return NovaStandIn(cloud)


@pytest.fixture
def shell(cloud: FakeCloud, nova: NovaStandIn) -> Shell:
    """An admin's, with both services over the same world."""
    http = requests.Session()
    http.mount("http://", InProcess(nova.application(), {}))
    session = Session(auth=Token(NOVA, "a token"), session=http)
    compute = Connection(session=session, compute_endpoint_override=NOVA, compute_default_microversion="2.1").compute
    spot = reached(made(use_cases(FakeStore(), cloud=cloud)), ADMIN)
    return Shell(ClientManager(spot, compute))


def test_a_twin_is_created_and_enrolled_at_once(shell: Shell, cloud: FakeCloud) -> None:
    created = shell.read("spot", "flavor", "create", "--from", "boost-c8")
    assert (created["name"], created["vcpus"], created["ram"]) == ("boost-preemptible-c8", 8, 12288)
    assert (created["is_enrolled"], created["remarks"], created["is_public"]) == (True, [], True)
    assert created["properties"]["resources:CUSTOM_SPOT_CUSTOM_GPU"] == "1"
    twin = cloud.flavors["boost-preemptible-c8"]
    assert twin.extra_specs["blazar:preemptible"] == "true"
    assert missing_specs(twin) == {}


def test_a_twin_may_promise_less_and_be_called_otherwise(shell: Shell, cloud: FakeCloud) -> None:
    words = ["--min-uptime", "5m", "--notice", "2m", "--property", "hw:cpu_policy=dedicated", "short"]
    assert shell.read("spot", "flavor", "create", "--from", "boost-c8", *words)["name"] == "short"
    specs = cloud.flavors["short"].extra_specs
    assert (specs["spot:min_uptime"], specs["spot:notice"]) == ("5m", "2m")
    assert specs["resources:CUSTOM_SPOT_PCPU"] == "8"


def test_the_cloud_says_what_twins_are_called(shell: Shell, cloud: FakeCloud) -> None:
    shell.client_manager.configuration = {"spot_flavor_template": "spot.{name}"}
    shell.read("spot", "flavor", "create", "--from", "boost-c8")
    assert "spot.boost-c8" in cloud.flavors


def test_the_twin_of_a_private_flavor_is_for_the_same_projects(shell: Shell, nova: NovaStandIn) -> None:
    nova.projects["boost-c8"] = ["one", "two"]
    shell.read("spot", "flavor", "create", "--from", "boost-c8")
    assert nova.projects["boost-preemptible-c8"] == ["one", "two"]


def test_a_twin_is_made_whole_or_not_at_all(shell: Shell, cloud: FakeCloud, nova: NovaStandIn) -> None:
    nova.refuses_extra_specs = True
    assert shell.type("spot", "flavor", "create", "--from", "boost-c8") == 1
    assert set(cloud.flavors) == {"boost-c8"}


def test_a_twin_stays_if_the_service_is_away(shell: Shell, cloud: FakeCloud, caplog: pytest.LogCaptureFixture) -> None:
    cloud.fails("enrol_flavor", Unreachable("Nova does not answer the service"))
    assert shell.read("spot", "flavor", "create", "--from", "boost-c8")["is_enrolled"] is False
    assert "the engine has yet to enrol it" in caplog.text


def test_preemptible_flavors_are_listed(shell: Shell, cloud: FakeCloud, nova: NovaStandIn) -> None:
    cloud.add_flavor(replace(BOOST, name="later"), preemptible=True)
    cloud.add_flavor(replace(BOOST, name="private"), preemptible=True, enrolled=True)
    nova.projects["private"] = []
    assert [(row["Name"], row["Enrolled"]) for row in shell.read("spot", "flavor", "list")] == [("later", False)]
    assert [row["Name"] for row in shell.read("spot", "flavor", "list", "--all", "--long")] == ["later", "private"]


def test_flavors_are_checked_and_enrolled(shell: Shell, cloud: FakeCloud) -> None:
    cloud.add_flavor(replace(BOOST, name="later"), preemptible=True)
    (row,) = shell.read("spot", "flavor", "check")
    assert (row["Name"], row["Missing"]["resources:CUSTOM_SPOT_CUSTOM_GPU"]) == ("later", "1")
    assert shell.read("spot", "flavor", "enrol", "later")["missing"] == {}
    assert shell.read("spot", "flavor", "check") == []
    assert [row["Name"] for row in shell.read("spot", "flavor", "check", "--all")] == ["later"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["create", "--from", "nothing"], "No flavor with a name or ID of 'nothing' exists."),
        (["create", "--from", "spot"], "Flavor 'spot' is preemptible already."),
        (["create", "--from", "boost-c8", "spot"], "There is a flavor of this name."),
        (["enrol", "nothing"], "No flavor with a name or ID of 'nothing' exists."),
        (["enrol", "boost-c8"], "openstack spot flavor create --from boost-c8"),
    ],
)
def test_what_cannot_be_done_is_said_and_ends_with_1(
    shell: Shell, cloud: FakeCloud, caplog: pytest.LogCaptureFixture, words: list[str], sentence: str
) -> None:
    cloud.add_flavor(replace(BOOST, name="spot"), preemptible=True)
    assert shell.type("spot", "flavor", *words) == 1
    assert sentence in caplog.text


class CreateServer(command.Command):
    """Stands where OpenStackClient's own command does, and says which flavor it takes."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--flavor", required=True)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        self.app.stdout.write(parsed_args.flavor)


@pytest.fixture
def create(shell: Shell) -> Shell:
    shell.command_manager.add_command("server create", CreateServer)
    return shell


def test_a_preemptible_server_is_of_the_twin(create: Shell) -> None:
    create.read("spot", "flavor", "create", "--from", "boost-c8")
    assert create.type("server", "create", "--preemptible", "--flavor", "boost-c8") == 0
    assert create.printed == "boost-preemptible-c8"
    assert create.type("server", "create", "--preemptible", "--flavor", "boost-preemptible-c8") == 0
    assert create.printed == "boost-preemptible-c8"


def test_a_server_that_is_not_preemptible_is_of_the_flavor_itself(create: Shell) -> None:
    assert create.type("server", "create", "--flavor", "boost-c8") == 0
    assert create.printed == "boost-c8"


@pytest.mark.parametrize(
    ("flavor", "sentence"),
    [
        ("boost-c8", "openstack spot flavor create --from boost-c8"),
        ("late-c8", "openstack spot flavor enrol late-preemptible-c8"),
        ("odd-c8", "openstack spot flavor create --from odd-c8"),
        ("nothing", "No flavor with a name or ID of 'nothing' exists."),
    ],
)
def test_who_gets_no_preemptible_server_is_told_what_to_do(
    create: Shell, cloud: FakeCloud, caplog: pytest.LogCaptureFixture, flavor: str, sentence: str
) -> None:
    cloud.add_flavor(replace(BOOST, name="late-c8"))
    cloud.add_flavor(replace(BOOST, name="late-preemptible-c8"), preemptible=True)
    cloud.add_flavor(replace(BOOST, name="odd-c8"))
    cloud.add_flavor(replace(BOOST, name="odd-preemptible-c8"))
    assert create.type("server", "create", "--preemptible", "--flavor", flavor) == 1
    assert sentence in caplog.text
    assert create.printed == ""


def test_the_help_of_the_command_tells_of_it(create: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        create.type("server", "create", "--help")
    assert "--preemptible" in capsys.readouterr().out
