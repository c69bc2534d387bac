# SPDX-License-Identifier: Apache-2.0
"""openstack spot instance interrupt, openstack spot pool close, drain and open, and openstack spot closure list."""

import pytest

from blazar_spot.client import errors
from blazar_spot.core.switch import Mode
from blazar_spot.enforcement.pulse import Pulse
from blazar_spot.testing.lab import Lab
from tests.unit.api.served import ADMIN, OURS, App, token
from tests.unit.client.reached import reached
from tests.unit.osc.conftest import ShellOf
from tests.unit.osc.shell import ClientManager, Shell

TENANT = token("tenant")
WHY = ("--reason", "a new fan")


@pytest.fixture
def admin(shell_over: ShellOf) -> Shell:
    return shell_over(ADMIN)


@pytest.fixture
def tenant(shell_over: ShellOf) -> Shell:
    """The holder of the lab's servers."""
    return shell_over(TENANT)


@pytest.fixture
def server_id(lab: Lab) -> str:
    """An instance that runs."""
    (server,) = lab.boot(1)
    lab.run_for(10)
    return server.id


def test_the_end_of_an_instance_is_asked_about_and_rehearsed(tenant: Shell, server_id: str) -> None:
    words = ["spot", "instance", "interrupt", server_id, "--notice", "2m", "--reason", "a rehearsal"]
    asked = tenant.read(*words, "--dry-run")
    assert (asked["event_id"], asked["evict"]) == (None, False)
    assert tenant.read("spot", "event", "list") == []
    ordered = tenant.read(*words)
    assert ordered["not_before"] == asked["not_before"]
    (event,) = tenant.read("spot", "event", "list")
    assert (event["ID"], event["Not Before"]) == (ordered["event_id"], ordered["not_before"])


def test_an_instance_is_made_to_go(tenant: Shell, server_id: str) -> None:
    assert tenant.read("spot", "instance", "interrupt", server_id, "--evict")["evict"] is True


def test_a_second_notice_is_refused(tenant: Shell, server_id: str, caplog: pytest.LogCaptureFixture) -> None:
    tenant.read("spot", "instance", "interrupt", server_id)
    assert tenant.type("spot", "instance", "interrupt", server_id) == 1
    assert "has a notice already" in caplog.text


def test_a_host_is_closed_and_opened(admin: Shell) -> None:
    closed = admin.read("spot", "pool", "close", "host01", *WHY)
    assert (closed["state"], closed["reason"]) == ("closed", "a new fan")
    (row,) = admin.read("spot", "closure", "list")
    assert (row["Host"], row["State"], row["By"]) == ("host01", "closed", None)
    assert admin.type("spot", "pool", "open", "host01") == 0
    assert admin.read("spot", "closure", "list") == []


def test_a_host_is_drained_as_soon_as_it_can_be(admin: Shell, server_id: str) -> None:
    drained = admin.read("spot", "pool", "drain", "host01", *WHY)
    assert drained["state"] == "draining"
    assert drained["by"] == admin.read("spot", "closure", "list")[0]["By"]
    assert admin.read("spot", "reclaim", "list", "--all-projects")[0]["Host"] == "host01"


def test_a_drain_that_would_break_a_promise_is_refused_with_the_first_time_that_would_not(
    lab: Lab, app_over_lab: App, admin: Shell, server_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    host = lab.cloud.servers[server_id].host
    by = "2027-01-15 08:01"
    assert admin.type("spot", "pool", "drain", host, "--by", by, *WHY) == 1
    assert "(HTTP 409)" in caplog.text
    with pytest.raises(errors.PromiseBroken) as refusal:
        reached(app_over_lab, ADMIN).pools.drain(host, "2027-01-15T08:01:00Z")
    assert refusal.value.earliest_at is not None
    assert admin.read("spot", "pool", "drain", host, "--by", refusal.value.earliest_at, *WHY)["state"] == "draining"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["pool", "close", "nothing", *WHY], "(HTTP 404)"),
        (["pool", "open", "host01"], "(HTTP 404)"),
        (["instance", "interrupt", "nothing"], "No spot instance with a name or ID of 'nothing' exists."),
    ],
)
def test_what_cannot_be_done_is_said_and_ends_with_1(
    admin: Shell, caplog: pytest.LogCaptureFixture, words: list[str], sentence: str
) -> None:
    assert admin.type("spot", *words) == 1
    assert sentence in caplog.text


@pytest.mark.parametrize(
    "words", [["pool", "close", "host01", *WHY], ["pool", "drain", "host01", *WHY], ["pool", "open", "host01"]]
)
def test_hosts_are_the_admins(tenant: Shell, caplog: pytest.LogCaptureFixture, words: list[str]) -> None:
    assert tenant.type("spot", *words) == 1
    assert "(HTTP 403)" in caplog.text


def test_another_projects_instance_is_left_alone(app: App, server_id: str, caplog: pytest.LogCaptureFixture) -> None:
    stranger = Shell(ClientManager(reached(app, OURS)))
    assert stranger.type("spot", "instance", "interrupt", server_id) == 1
    assert f"No spot instance with a name or ID of '{server_id}' exists." in caplog.text


@pytest.mark.parametrize(
    "words",
    [
        ["pool", "drain", "host01"],
        ["pool", "close", "host01"],
        ["pool", "drain", "host01", "--by", "soon", *WHY],
        ["instance", "interrupt", "a", "--notice", "long"],
    ],
)
def test_words_that_mean_nothing_end_with_2(admin: Shell, words: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        admin.type("spot", *words)
    assert end.value.code == 2


def test_an_order_that_no_engine_would_carry_out_is_refused_in_a_sentence(
    admin: Shell, tenant: Shell, lab: Lab, server_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    Pulse(lab.store, lab.clock, Mode.OBSERVE, "controller", 1).beat(None)
    assert tenant.type("spot", "instance", "interrupt", server_id) == 1
    assert admin.type("spot", "pool", "drain", "host01", *WHY) == 1
    assert caplog.text.count("Nothing would come of it. The engine's mode is observe, in which nothing in the") == 2


def test_an_order_that_waits_says_what_for(admin: Shell, lab: Lab) -> None:
    sentence = "No engine gives a sign of life."
    assert admin.read("spot", "pool", "drain", "host01", *WHY)["waits_for"] == sentence
    (row,) = admin.read("spot", "closure", "list")
    assert row["Waits For"] == sentence
