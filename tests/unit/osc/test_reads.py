# SPDX-License-Identifier: Apache-2.0
"""openstack spot instance, reclaim, lease and breach, and what stands beside other commands about servers."""

import argparse
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from keystoneauth1.session import Session
from keystoneauth1.token_endpoint import Token
from osc_lib.cli import format_columns
from osc_lib.command import command

from blazar_spot.client import Client
from blazar_spot.core.reclaim import State
from blazar_spot.core.record import Cause, breach, deed
from blazar_spot.osc.servers import PATIENCE_SECONDS
from blazar_spot.testing.store import FakeStore
from tests.contract.read_store import claim, instance, keep, notice, reclaim
from tests.unit.api.served import ADMIN, NOON, THEIRS
from tests.unit.osc.conftest import ShellOf
from tests.unit.osc.shell import ClientManager, Shell


def test_instances_are_listed_with_what_they_are_promised(store: FakeStore, shell: Shell) -> None:
    keep(store, instance("a"), reclaim("r", evict_at=NOON + 9000), instance("b"), notice("n", "b"))
    plain, told = sorted(shell.read("spot", "instance", "list"), key=lambda row: row["ID"])
    assert plain == {
        "ID": "a",
        "Name": "Größe 🚀",
        "Running Since": "2027-01-15T08:00:00Z",
        "Guaranteed Until": "2027-01-15T08:30:00Z",
        "Expected Until": "2027-01-15T10:30:00Z",
        "Notice": None,
    }
    assert (told["Notice"], told["Guaranteed Until"]) == ("scheduled", "2027-01-15T08:00:09Z")


def test_an_instance_is_shown(store: FakeStore, shell: Shell) -> None:
    keep(store, instance("a"), notice("n", "a"))
    shown = shell.read("spot", "instance", "show", "Größe 🚀")
    assert (shown["id"], shown["event"]["id"]) == ("a", "n")


def test_those_that_have_ended_are_listed_with_the_reason(store: FakeStore, shell: Shell) -> None:
    keep(store, instance("a"), instance("b", gone_at=NOON + 60))
    (row,) = shell.read("spot", "instance", "list", "--gone")
    assert (row["ID"], row["Gone At"]) == ("b", "2027-01-15T08:01:00Z")
    assert row["Why"] == shell.read("spot", "instance", "show", "b")["why"] != ""


def test_instances_are_found_by_flavor_and_by_host(store: FakeStore, shell_of: ShellOf, shell: Shell) -> None:
    keep(store, instance("a"), instance("b", flavor="large", host="gpu-2"))
    assert [row["ID"] for row in shell.read("spot", "instance", "list", "--flavor", "large")] == ["b"]
    (row,) = shell_of(ADMIN).read("spot", "instance", "list", "--all-projects", "--long", "--host", "gpu-2")
    assert (row["Host"], row["Project ID"], row["Flavor"]) == ("gpu-2", "ours", "large")


def test_reclaims_are_listed(store: FakeStore, shell: Shell) -> None:
    keep(store, claim("a"), reclaim("a"), instance("i"))
    (row,) = shell.read("spot", "reclaim", "list", "--long")
    assert (row["ID"], row["Lease"], row["State"], row["To Go"]) == ("a", "Größe 🚀", "planned", 1)
    assert (row["Evict At"], row["Lead Seconds"], row["Breaches"]) == ("2027-01-15T07:59:57Z", 3, 0)


def test_reclaims_are_found_by_their_lease_and_state(store: FakeStore, shell: Shell) -> None:
    keep(store, claim("a"), reclaim("a"), claim("b", lease_id="lease-2", lease_name="other"), reclaim("b"))
    keep(store, claim("c", lease_id="lease-2", lease_name="other"), reclaim("c", state=State.HANDED_OVER))
    words = ["spot", "reclaim", "list", "-c", "ID"]
    assert [row["ID"] for row in shell.read(*words, "--lease", "other")] == ["b", "c"]
    assert [row["ID"] for row in shell.read(*words, "--lease", "lease-1")] == ["a"]
    assert [row["ID"] for row in shell.read(*words, "--state", "handed_over", "--state", "ready")] == ["c"]


def test_a_reclaim_is_shown_with_who_has_to_go_and_what_was_done(store: FakeStore, shell: Shell) -> None:
    keep(store, claim("a"), reclaim("a"), instance("i"), notice("n", "i"))
    keep(store, deed("is fenced", NOON - 9, "a", "gpu-1"))
    shown = shell.read("spot", "reclaim", "show", "a")
    assert [victim["instance_id"] for victim in shown["victims"]] == ["i"]
    assert shown["timeline"] == [{"at": "2027-01-15T07:59:51Z", "what": "is fenced", "instance_id": None}]
    assert shell.type("spot", "reclaim", "show", "a") == 0
    assert "what='is fenced'" in shell.printed


def test_leases_are_listed_and_shown(store: FakeStore, shell: Shell, shell_of: ShellOf) -> None:
    keep(store, claim("a"), reclaim("a", state=State.READY), claim("b", host="gpu-2"), reclaim("b"))
    (row,) = shell.read("spot", "lease", "list")
    assert (row["Lease ID"], row["Hosts"], row["Ready"], row["State"]) == ("lease-1", 2, 1, "planned")
    assert shell.read("spot", "lease", "show", "Größe 🚀")["lease_id"] == "lease-1"
    assert shell_of(ADMIN).read("spot", "lease", "list", "--all-projects", "--long")[0]["Project ID"] == "ours"


def test_broken_promises_are_listed(store: FakeStore, shell_of: ShellOf) -> None:
    keep(store, breach(Cause.STUCK, NOON, "a", "gpu-1", "i", "it hung"))
    (row,) = shell_of(ADMIN).read("spot", "breach", "list", "--limit", "5")
    assert (row["Host"], row["Instance ID"], row["Details"]) == ("gpu-1", "i", "it hung")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["instance", "show", "nothing"], "No spot instance with a name or ID of 'nothing' exists."),
        (["instance", "show", "Größe 🚀"], "More than one spot instance exists with the name 'Größe 🚀'."),
        (["instance", "list", "--host", "gpu-1"], "(HTTP 403)"),
        (["instance", "list", "--all-projects"], "(HTTP 403)"),
        (["reclaim", "show", "nothing"], "(HTTP 404)"),
        (["reclaim", "list", "--lease", "a.b c"], "No lease with a name or ID of 'a.b c' exists."),
        (["lease", "show", "nothing"], "No lease with a name or ID of 'nothing' exists."),
        (["breach", "list"], "(HTTP 403)"),
    ],
)
def test_what_cannot_be_done_is_said_and_ends_with_1(
    store: FakeStore, shell: Shell, caplog: pytest.LogCaptureFixture, words: list[str], sentence: str
) -> None:
    keep(store, instance("a"), instance("b"))
    assert shell.type("spot", *words) == 1
    assert sentence in caplog.text


def test_another_project_sees_nothing(store: FakeStore, shell_of: ShellOf) -> None:
    keep(store, claim("a"), reclaim("a"), instance("i"))
    theirs = shell_of(THEIRS)
    for kind in ("instance", "reclaim", "lease"):
        assert theirs.read("spot", kind, "list") == []


class ShowServer(command.ShowOne):
    """Stands where OpenStackClient's own command does."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("server")
        parser.add_argument("--diagnostics", action="store_true")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        if parsed_args.diagnostics:
            return ("uptime",), (60,)
        if parsed_args.server == "plain":
            flavor = format_columns.DictColumn({"original_name": "cpu-1", "extra_specs": {}})
            return ("id", "flavor"), ("a", flavor)
        return ("id", "name"), (parsed_args.server, "mine")


def test_a_spot_server_is_shown_with_its_outlook_and_others_as_before(store: FakeStore, shell: Shell) -> None:
    keep(store, instance("a"), reclaim("r", evict_at=NOON + 9000))
    shell.command_manager.add_command("server show", ShowServer)
    assert shell.read("server", "show", "a") == {
        "id": "a",
        "name": "mine",
        "spot_guaranteed_until": "2027-01-15T08:30:00Z",
        "spot_expected_until": "2027-01-15T10:30:00Z",
    }
    assert shell.read("server", "show", "another") == {"id": "another", "name": "mine"}
    assert shell.read("server", "show", "a", "--diagnostics") == {"uptime": 60}


def test_nobody_is_asked_about_a_server_whose_flavor_says_that_it_is_plain(store: FakeStore, shell: Shell) -> None:
    keep(store, instance("a"))
    shell.command_manager.add_command("server show", ShowServer)
    assert shell.read("server", "show", "plain").keys() == {"id", "flavor"}


@pytest.fixture
def silent() -> Iterator[str]:
    """Where connections are taken and nothing is ever answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"


@pytest.fixture
def closed() -> str:
    """Where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}/v1"


@pytest.mark.parametrize("where", ["silent", "closed"])
def test_a_server_is_shown_soon_without_its_outlook_if_the_service_does_not_answer(
    request: pytest.FixtureRequest, where: str
) -> None:
    address = request.getfixturevalue(where)
    shell = Shell(ClientManager(Client(Session(auth=Token(address, "a token")))))
    shell.command_manager.add_command("server show", ShowServer)
    shown: list[Any] = []
    typing = threading.Thread(target=lambda: shown.append(shell.read("server", "show", "a")), daemon=True)
    typing.start()
    typing.join(2 * PATIENCE_SECONDS)
    assert shown == [{"id": "a", "name": "mine"}]
