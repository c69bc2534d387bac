# SPDX-License-Identifier: Apache-2.0
"""openstack spot engine."""

import pytest

from blazar_spot.core.heartbeat import Heartbeat
from blazar_spot.testing.store import FakeStore
from tests.unit.api.served import ADMIN, NOON
from tests.unit.osc.conftest import ShellOf
from tests.unit.osc.shell import Shell


@pytest.fixture
def admin(shell_of: ShellOf) -> Shell:
    return shell_of(ADMIN)


def beat(store: FakeStore, engine_id: str, at: int, failing_since: int | None = None) -> None:
    with store.begin() as work:
        work.put_heartbeat(
            Heartbeat(
                id=engine_id,
                host="control-1",
                pid=7,
                mode="enforce",
                started_at=NOON - 9000,
                beat_at=at,
                failing_since=failing_since,
            )
        )


def test_signs_of_life_are_listed(store: FakeStore, admin: Shell) -> None:
    beat(store, "a", NOON)
    (row,) = admin.read("spot", "engine", "list", "--long")
    assert (row["Host"], row["Mode"], row["Silent"], row["ID"]) == ("control-1", "enforce", False, "a")


def test_the_status_counts_them_and_tells_of_the_switch(store: FakeStore, admin: Shell) -> None:
    beat(store, "a", NOON)
    beat(store, "b", NOON, failing_since=NOON - 60)
    beat(store, "c", NOON - 8000)
    status = admin.read("spot", "engine", "status")
    assert (status["engines"], status["engines_failing"], status["engines_silent"]) == (2, 1, 1)
    assert status["is_paused"] is False


def test_evictions_are_paused_and_resumed(admin: Shell) -> None:
    assert admin.read("spot", "engine", "pause", "--reason", "a new switch")["is_paused"] is True
    assert admin.read("spot", "engine", "status")["reason"] == "a new switch"
    assert admin.read("spot", "engine", "resume")["is_paused"] is False


@pytest.mark.parametrize("verb", ["list", "status", "pause", "resume"])
def test_it_is_for_admins(shell: Shell, caplog: pytest.LogCaptureFixture, verb: str) -> None:
    assert shell.type("spot", "engine", verb) == 1
    assert "(HTTP 403)" in caplog.text
