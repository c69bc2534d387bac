# SPDX-License-Identifier: Apache-2.0
"""Who was told, and then got a flavor that is not preemptible, may stay, and nothing on it says otherwise."""

import pytest

from blazar_spot.core.notice import KEYS, TERMINATION_KEY
from blazar_spot.core.promises import NoticeState
from blazar_spot.core.reclaim import State
from blazar_spot.testing.lab import PLAIN, Lab
from blazar_spot.testing.things import FakeServer

HOUR = 3600


def resized_when_told() -> tuple[Lab, FakeServer]:
    """A server that read its notice, and now waits elsewhere for its tenant to confirm its new flavor."""
    lab = Lab()
    lab.cloud.add_host("elsewhere", lab.cloud.hosts["host01"].own.totals, free=False)
    [server] = lab.boot_and_run(1)
    lab.book("r1", lab.clock.now() + HOUR)
    lab.run_until_true(lambda: TERMINATION_KEY in server.metadata, within=HOUR)
    lab.run_for(2)
    lab.cloud.resize(server.id, PLAIN.name, "elsewhere")
    return lab, server


def notice_state(lab: Lab, server: FakeServer) -> NoticeState:
    [notice] = lab.notices_of(server)
    return notice.state


@pytest.mark.parametrize("is_restarted", [False, True])
def test_it_loses_its_keys_and_its_notice_ends(is_restarted: bool) -> None:
    lab, server = resized_when_told()
    lab.cloud.confirm(server.id)
    if is_restarted:
        lab.restarted()
    lab.run_for(5)
    assert not server.metadata.keys() & set(KEYS)
    assert notice_state(lab, server) is NoticeState.TERMINATED
    lab.run_until(lab.reclaim.start_at)
    assert not server.deletes
    assert lab.reclaim.state is State.READY


@pytest.mark.parametrize("is_restarted", [False, True])
def test_its_notice_stays_open_while_its_keys_cannot_be_taken_away(is_restarted: bool) -> None:
    lab, server = resized_when_told()
    lab.run_for(5)
    if is_restarted:
        lab.restarted()
    lab.run_for(5)
    assert notice_state(lab, server) is NoticeState.SCHEDULED
    lab.cloud.confirm(server.id)
    lab.run_for(5)
    assert not server.metadata.keys() & set(KEYS)
    assert notice_state(lab, server) is NoticeState.TERMINATED


def test_what_it_left_on_its_host_is_let_go_at_the_deadline() -> None:
    lab, server = resized_when_told()
    lab.run_until(lab.reclaim.evict_at - 1)
    assert server.status == "VERIFY_RESIZE"
    lab.run_until(lab.reclaim.start_at)
    assert (server.status, server.host, server.deletes) == ("ACTIVE", "elsewhere", [])
    assert not server.metadata.keys() & set(KEYS)
    assert lab.reclaim.state is State.READY


def test_one_that_is_deleted_before_its_keys_are_gone_ends_as_any_other() -> None:
    lab, server = resized_when_told()
    lab.run_for(5)
    lab.cloud.delete(server.id, force=True)
    lab.run_for(10)
    assert notice_state(lab, server) is NoticeState.TERMINATED
    assert lab.store.instances[0].gone_at is not None
