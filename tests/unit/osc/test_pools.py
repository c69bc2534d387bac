# SPDX-License-Identifier: Apache-2.0
"""openstack spot pool and openstack spot capacity show."""

import pytest

from blazar_spot.testing.lab import SPOT, Lab
from tests.unit.api.served import ADMIN, OURS
from tests.unit.osc.conftest import ShellOf
from tests.unit.osc.shell import Shell


@pytest.fixture
def admin(shell_over: ShellOf) -> Shell:
    return shell_over(ADMIN)


@pytest.fixture
def user(shell_over: ShellOf) -> Shell:
    return shell_over(OURS)


def test_anybody_is_told_what_could_boot(user: Shell, caplog: pytest.LogCaptureFixture) -> None:
    assert user.read("spot", "capacity", "show") == [{"Flavor": SPOT.name, "Available": 24}]
    (row,) = user.read("spot", "capacity", "show", "--long", "--flavor", SPOT.name)
    assert row["Resources"]["CUSTOM_GPU"] == 1
    assert user.type("spot", "capacity", "show", "--flavor", "another") == 1
    assert "No spot flavor with a name or ID of 'another' exists." in caplog.text


def test_pools_are_listed_with_the_reason_why_they_are_closed(lab: Lab, admin: Shell) -> None:
    lab.cloud.close("host03")
    rows = admin.read("spot", "pool", "list")
    assert [(row["Host"], row["Closed"]) for row in rows] == [("host01", False), ("host02", False), ("host03", True)]
    assert (rows[0]["Closed Because"], rows[0]["Instances"], rows[0]["Next Fence At"]) == ([], 0, None)
    assert len(admin.read("spot", "pool", "list", "--limit", "2")) == 2


def test_a_pool_is_shown(admin: Shell) -> None:
    shown = admin.read("spot", "pool", "show", "host01")
    (gpus,) = [one for one in shown["resources"] if one["resource_class"] == "CUSTOM_GPU"]
    assert (gpus["total"], gpus["used"]) == (8, 0)


@pytest.mark.parametrize(("words", "status"), [(["list"], 403), (["show", "host01"], 403)])
def test_pools_are_for_admins(user: Shell, caplog: pytest.LogCaptureFixture, words: list[str], status: int) -> None:
    assert user.type("spot", "pool", *words) == 1
    assert f"(HTTP {status})" in caplog.text


def test_a_host_that_is_not_there_has_no_pool(admin: Shell, caplog: pytest.LogCaptureFixture) -> None:
    assert admin.type("spot", "pool", "show", "nothing") == 1
    assert "(HTTP 404)" in caplog.text
