# SPDX-License-Identifier: Apache-2.0
"""A project's number rises whenever what it can read of its notices changes, and only then."""

import pytest

from blazar_spot.testing.lab import SPOT, Lab

OURS, THEIRS = "ours", "theirs"


@pytest.fixture(params=[[], ["bus"]], ids=["nobody is told", "the bus is told"])
def lab(request: pytest.FixtureRequest) -> Lab:
    return Lab(channels=request.param)


def numbers(lab: Lab) -> dict[str, int]:
    with lab.store.begin() as work:
        return dict(work.incarnations([OURS, THEIRS]))


def noticed(lab: Lab) -> None:
    """Two instances of ours and one of theirs, on the host that is booked, whose notices have just been given."""
    for project in (OURS, OURS, THEIRS):
        lab.cloud.boot(SPOT.name, host="host01", project_id=project)
    lab.run_for(lab.policy.boot_allowance + lab.policy.min_uptime)
    lab.book("r1", lab.clock.now() + 3000)
    lab.run_until(min(reclaim.notice_at for reclaim in lab.store.reclaims) - 1)
    assert numbers(lab) == {OURS: 0, THEIRS: 0}
    lab.second()


def test_it_rises_when_notices_are_decided_and_when_they_are_given_and_stays_while_they_run(lab: Lab) -> None:
    noticed(lab)
    assert numbers(lab) == {OURS: 2, THEIRS: 2}
    lab.run_for(60)
    assert numbers(lab) == {OURS: 2, THEIRS: 2}


def test_it_rises_once_when_all_notices_are_withdrawn(lab: Lab) -> None:
    noticed(lab)
    lab.cancel("r1")
    lab.run_for(5)
    assert numbers(lab) == {OURS: 3, THEIRS: 3}


def test_it_rises_when_notices_are_put_off(lab: Lab) -> None:
    noticed(lab)
    lab.move("r1", lab.calendar["r1"][0].start_at + 600)
    lab.run_for(5)
    assert numbers(lab) == {OURS: 3, THEIRS: 3}


def test_the_end_of_one_projects_instance_is_no_news_to_the_other(lab: Lab) -> None:
    noticed(lab)
    theirs = next(server for server in lab.cloud.alive.values() if server.project_id == THEIRS)
    lab.cloud.begin_delete(theirs, force=False)
    lab.run_for(30)
    assert numbers(lab) == {OURS: 2, THEIRS: 3}
