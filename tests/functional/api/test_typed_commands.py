# SPDX-License-Identifier: Apache-2.0
"""openstack spot ... as people type it, against the API, Nova and Keystone of a real cloud."""

import json
from typing import Any

import pytest

from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.stock import IMAGE, PLAIN_FLAVOR, SPOT_FLAVOR
from blazar_spot.devcloud.waiting import wait_until
from tests.functional.api.conftest import TerminalOf
from tests.functional.api.shells import Terminal

NEW = "cpu-c1m1"


def test_the_project_reads_what_is_coming_and_acknowledges_it(
    demo: Terminal, guest: str, event: dict[str, Any]
) -> None:
    (row,) = demo.read("spot", "event", "list", "--long")
    assert (row["ID"], row["Instance ID"], row["Not Before"]) == (event["id"], guest, event["not_before"])
    shown = demo.read("spot", "event", "ack", row["Instance"])
    assert (shown["id"], shown["state"], shown["is_ready"]) == (event["id"], "acknowledged", False)
    assert demo.read("spot", "event", "list", "--instance", row["Instance"])[0]["State"] == "acknowledged"


def test_the_table_is_for_people(demo: Terminal, event: dict[str, Any]) -> None:
    typed = demo.type("spot", "event", "show", event["id"])
    assert typed.code == 0
    assert f"| not_before      | {event['not_before']}" in typed.printed


def test_the_admin_sees_the_host(admin: Terminal, cloud: Cloud, event: dict[str, Any]) -> None:
    (row,) = admin.read("spot", "event", "list", "--all-projects")
    assert (row["ID"], row["Host"]) == (event["id"], cloud.site.options.hosts[0].name)


@pytest.mark.parametrize(
    ("user", "words", "sentence"),
    [
        ("owner", ["event", "show", "EVENT"], "No event with a name or ID of 'EVENT' exists."),
        ("watcher", ["event", "ack", "EVENT"], "(HTTP 403)"),
    ],
)
def test_what_cannot_be_done_is_said_and_ends_with_1(
    terminal_of: TerminalOf, event: dict[str, Any], user: str, words: list[str], sentence: str
) -> None:
    """What else is refused, and by whom, is in ``test_refused_commands``."""
    typed = terminal_of(user).type("spot", *(word.replace("EVENT", event["id"]) for word in words))
    assert (typed.code, typed.printed) == (1, "")
    assert sentence.replace("EVENT", event["id"]) in typed.complained
    assert "Traceback" not in typed.complained


def test_words_that_mean_nothing_end_with_2(demo: Terminal) -> None:
    typed = demo.type("spot", "event", "list", "--state", "gone")
    assert (typed.code, typed.printed) == (2, "")
    assert "invalid choice: 'gone'" in typed.complained


def test_until_when_it_may_run_is_said_of_a_spot_instance(
    demo: Terminal, admin: Terminal, guest: str, event: dict[str, Any]
) -> None:
    rows = {row["ID"]: row for row in demo.read("spot", "instance", "list")}
    assert rows[guest]["Guaranteed Until"] == event["not_before"]
    for who in (demo, admin):
        assert who.read("server", "show", guest)["spot_guaranteed_until"] == event["not_before"]
    shown = demo.read("spot", "instance", "show", rows[guest]["Name"])
    assert shown["event"]["id"] == event["id"]


def test_the_owner_sees_how_far_the_lease_is(
    terminal_of: TerminalOf, admin: Terminal, guest: str, event: dict[str, Any]
) -> None:
    owner = terminal_of("owner")
    (lease,) = owner.read("spot", "lease", "list")
    assert (lease["Hosts"], lease["Instances To Go"]) == (1, 1)
    (reclaim,) = owner.read("spot", "reclaim", "list", "--lease", lease["Name"])
    told = owner.read("spot", "reclaim", "show", reclaim["ID"])
    assert (told["lease_id"], told["victims"], told["victims_of_others"]) == (lease["Lease ID"], [], 1)
    assert told["timeline"]
    (victim,) = admin.read("spot", "reclaim", "show", reclaim["ID"])["victims"]
    assert (victim["instance_id"], victim["stage"]) == (guest, "told")
    assert admin.read("spot", "breach", "list") == []


def test_a_lease_is_made_and_says_what_it_costs(terminal_of: TerminalOf, cloud: Cloud, event: dict[str, Any]) -> None:
    owner = terminal_of("owner")
    window = ["--start-date", "2099-01-02 00:00", "--end-date", "2099-01-03 00:00"]
    wish = ["--reservation", "resource_type=physical:host,min=1,max=1"]
    lease = owner.read("spot", "lease", "create", "typed", *window, *wish)
    assert (lease["name"], lease["spot_hosts"], lease["spot_state"]) == ("typed", 1, "planned")
    assert owner.read("spot", "lease", "show", lease["id"])["lease_name"] == "typed"
    assert owner.read("spot", "plan", "--lease", "typed")["is_feasible"] is True
    cloud.blazar("owner").lease.delete(lease["id"])


def test_a_lease_is_planned(terminal_of: TerminalOf, cloud: Cloud, event: dict[str, Any]) -> None:
    owner = terminal_of("owner")
    free = owner.read("spot", "plan", "--start-date", "2099-02-02 00:00", "--end-date", "2099-02-03 00:00")
    assert (free["is_feasible"], free["host_count"], free["victim_count"]) == (True, 1, 0)
    named = json.dumps(["=", "$hypervisor_hostname", cloud.site.options.hosts[0].name])
    for option in ("--hypervisor-properties", "--resource-properties"):
        later = ["--start-date", "2099-02-02 00:00", "--end-date", "2099-02-03 00:00", option]
        assert owner.read("spot", "plan", *later, named)["host_count"] == 1
        assert owner.read("spot", "plan", *later, named.replace("=", "!="))["is_feasible"] is False
    taken = owner.read("spot", "plan", "--end-date", "2098-01-01 00:00")
    assert taken["is_feasible"] is False
    assert taken["message"]


def test_who_has_a_notice_gets_no_other_one(demo: Terminal, guest: str, event: dict[str, Any]) -> None:
    typed = demo.type("spot", "instance", "interrupt", guest, "--notice", "2m")
    assert (typed.code, typed.printed) == (1, "")
    assert "has a notice already" in typed.complained


def test_the_admin_closes_the_pool_and_opens_it(
    admin: Terminal, demo: Terminal, cloud: Cloud, event: dict[str, Any]
) -> None:
    host = cloud.site.options.hosts[0].name
    assert admin.read("spot", "pool", "show", host)["closed_because"] == ["claim"]
    rows = {row["Host"]: row for row in admin.read("spot", "pool", "list")}
    assert (rows[host]["Closed"], rows[host]["Closed Because"], rows[host]["Instances"]) == (True, ["claim"], 1)
    (offer,) = demo.read("spot", "capacity", "show", "--flavor", SPOT_FLAVOR)
    assert offer["Available"] == 0
    assert admin.read("spot", "pool", "close", host, "--reason", "a noisy fan")["state"] == "closed"
    assert [(row["Host"], row["Reason"]) for row in admin.read("spot", "closure", "list")] == [(host, "a noisy fan")]
    admin.do("spot", "pool", "open", host)
    assert admin.read("spot", "closure", "list") == []


def test_evictions_are_paused_and_resumed(admin: Terminal) -> None:
    assert admin.read("spot", "engine", "pause", "--reason", "a drill")["is_paused"] is True
    assert admin.read("spot", "engine", "status")["reason"] == "a drill"
    assert admin.read("spot", "engine", "resume")["is_paused"] is False
    assert [row["Silent"] for row in admin.read("spot", "engine", "list")] == [False]


def test_a_new_flavor_gets_a_twin_and_servers_of_it(admin: Terminal, demo: Terminal, cloud: Cloud) -> None:
    nova = cloud.connection("admin").compute
    nova.create_flavor(name=NEW, vcpus=1, ram=1024, disk=1)
    refused = demo.type("server", "create", "--preemptible", "--flavor", NEW, "--image", IMAGE, "--nic", "none", "x")
    assert refused.code == 1
    assert f"openstack spot flavor create --from {NEW}" in refused.complained
    twin = admin.read("spot", "flavor", "create", "--from", NEW, "--notice", "2m")
    assert (twin["name"], twin["is_enrolled"], twin["remarks"]) == ("cpu-preemptible-c1m1", True, [])
    assert twin["properties"]["resources:CUSTOM_SPOT_VCPU"] == "1"
    assert twin["properties"]["spot:notice"] == "2m"
    words = ["--flavor", NEW, "--image", IMAGE, "--nic", "none", "typed"]
    server = demo.read("server", "create", "--preemptible", *words)
    assert nova.get_server(server["id"]).flavor.original_name == "cpu-preemptible-c1m1"

    def is_over() -> bool:
        return str(nova.get_server(server["id"]).status) in ("ACTIVE", "ERROR")

    wait_until(is_over, "the server is built", at_most=120)
    cloud.connection("demo").compute.delete_server(server["id"], force=True)
    nova.delete_flavor(twin["id"])


def test_users_list_the_flavors_and_admins_check_them(admin: Terminal, demo: Terminal) -> None:
    assert SPOT_FLAVOR in [row["Name"] for row in demo.read("spot", "flavor", "list")]
    checked = {row["Name"]: row for row in admin.read("spot", "flavor", "check", "--all")}
    assert checked[SPOT_FLAVOR]["Missing"] == {}
    assert admin.read("spot", "flavor", "enrol", SPOT_FLAVOR)["missing"] == {}
    refused = admin.type("spot", "flavor", "enrol", PLAIN_FLAVOR)
    assert refused.code == 1
    assert f"openstack spot flavor create --from {PLAIN_FLAVOR}" in refused.complained
