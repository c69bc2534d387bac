# SPDX-License-Identifier: Apache-2.0
"""openstack spot plan."""

import pytest

from blazar_spot.core.instants import iso
from blazar_spot.core.reservable import ReservableHost
from blazar_spot.testing.lab import Lab
from tests.unit.api.served import ADMIN, OURS
from tests.unit.osc.conftest import ShellOf
from tests.unit.osc.shell import Shell

HOUR = 3600


@pytest.fixture
def lab() -> Lab:
    """Two hosts, each with an instance."""
    lab = Lab(hosts=2)
    lab.boot(1, "host01")
    lab.boot(1, "host02")
    lab.run_for(10)
    lab.whole.listing.publish(
        ReservableHost(id=str(number), host=host, service_host=host, properties={"rack": host})
        for number, host in enumerate(lab.hosts)
    )
    return lab


@pytest.fixture
def admin(shell_over: ShellOf) -> Shell:
    return shell_over(ADMIN)


def window(lab: Lab, start_in: int) -> list[str]:
    now = lab.clock.now()
    return ["--start-date", iso(now + start_in), "--end-date", iso(now + start_in + HOUR)]


def test_a_lease_that_would_be_granted_is_told_with_its_victims(lab: Lab, admin: Shell) -> None:
    plan = admin.read("spot", "plan", *window(lab, 5 * HOUR), "--min", "2")
    assert (plan["is_feasible"], plan["host_count"], plan["victim_count"]) == (True, 2, 2)
    assert {victim["host"] for victim in plan["victims"]} == {"host01", "host02"}
    wish = ["--min", "1", "--max", "2", "--resource-properties", '["==", "$rack", "host02"]']
    assert admin.read("spot", "plan", *window(lab, 5 * HOUR), *wish)["hosts"] == ["host02"]


def test_a_lease_that_would_be_refused_is_told_with_the_first_start_that_works(lab: Lab, admin: Shell) -> None:
    plan = admin.read("spot", "plan", "--end-date", iso(lab.clock.now() + HOUR))
    assert (plan["is_feasible"], plan["earliest_start"] is not None) == (False, True)
    assert plan["message"]


def test_other_projects_learn_how_many_and_not_who(lab: Lab, shell_over: ShellOf) -> None:
    plan = shell_over(OURS).read("spot", "plan", *window(lab, 5 * HOUR))
    assert (plan["victim_count"], plan["victims"]) == (1, [])


def test_a_lease_that_there_is_is_planned_on_its_hosts(lab: Lab, admin: Shell) -> None:
    lab.book("r1", lab.clock.now() + 5 * HOUR, hosts=1)
    (lease,) = admin.read("spot", "lease", "list", "--all-projects")
    assert admin.read("spot", "plan", "--all-projects", "--lease", lease["Lease ID"])["host_count"] == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "--end-date"),
        (["--lease", "nothing"], "No lease with a name or ID of 'nothing' exists."),
        (["--end-date", "2001-01-01"], "(HTTP 400)"),
        (["--end-date", "2099-01-01", "--min", "0"], "(HTTP 400)"),
        (["--end-date", "2099-01-01", "--resource-properties", "words"], "(HTTP 400)"),
    ],
)
def test_what_cannot_be_planned_is_said_and_ends_with_1(
    admin: Shell, caplog: pytest.LogCaptureFixture, words: list[str], sentence: str
) -> None:
    assert admin.type("spot", "plan", *words) == 1
    assert sentence in caplog.text
