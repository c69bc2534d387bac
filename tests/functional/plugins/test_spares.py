# SPDX-License-Identifier: Apache-2.0
"""A clean host takes the place of one that is late at the start of a lease."""

from typing import Any

import pytest
from blazar.db import api as db_api
from blazar.enforcement.exceptions import ExternalServiceFilterException

from blazar_spot.core.errors import Unreachable
from blazar_spot.core.promises import Standing
from blazar_spot.plugins.admission import Admission, Held
from tests.functional.plugins.reservations import HOUR, Reservations


@pytest.fixture
def lease(reservations: Reservations) -> dict[str, Any]:
    """A lease on the first of two hosts, on which somebody's server stands that is not ours to delete."""
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=0)
    reservations.add_hosts("gpu-2")
    reservations.world.cloud.boot("plain", host="gpu-1")
    reservations.world.pass_time(10)
    reservations.poll()
    return lease


def test_a_late_host_is_swapped_for_a_clean_one(reservations: Reservations, lease: dict[str, Any]) -> None:
    reservations.start(lease)
    after = reservations.now(lease)
    assert (after.status, after.is_degraded, after.is_missing) == ("ACTIVE", False, False)
    assert (after.hosts, reservations.served(lease)) == (["gpu-2"], ["gpu-2"])
    reservations.poll()
    assert [claim.host for claim in reservations.claims(Standing.FIRM)] == ["gpu-2"]
    reservations.world.whole.engine.tick()
    assert reservations.world.cloud.closed() == {"gpu-1": False, "gpu-2": True}


def test_a_host_that_is_reserved_before_the_lease_ends_is_no_spare(
    reservations: Reservations, lease: dict[str, Any]
) -> None:
    other = reservations.lease(start_in=HOUR // 2)
    assert reservations.hosts(other) == ["gpu-2"]
    reservations.start(lease)
    assert reservations.now(lease).is_degraded
    assert reservations.hosts(lease) == ["gpu-1"]


def test_a_host_with_a_spot_instance_is_no_spare(reservations: Reservations, lease: dict[str, Any]) -> None:
    server = reservations.spot("gpu-2")
    reservations.start(lease)
    assert reservations.now(lease).is_degraded
    assert server in reservations.world.cloud.alive


@pytest.mark.parametrize(("operation", "times"), [("close", 2), ("spot_consumers", 1), ("leave_aggregate", 1)])
def test_a_spare_that_cannot_be_had_is_given_back(
    reservations: Reservations, lease: dict[str, Any], operation: str, times: int
) -> None:
    """The pool of the host that is late is closed first."""
    reservations.world.cloud.fails(operation, Unreachable("no answer"), times=times)
    reservations.start(lease)
    assert reservations.now(lease).is_degraded
    assert reservations.hosts(lease) == ["gpu-1"]
    reservations.poll()
    reservations.world.whole.engine.tick()
    assert [claim.host for claim in reservations.claims(Standing.HELD, Standing.FIRM)] == ["gpu-1"]
    assert reservations.world.cloud.closed() == {"gpu-1": True, "gpu-2": False}
    assert reservations.free() == ["gpu-1", "gpu-2"]


def test_a_spare_into_which_a_spot_instance_came_last_is_given_back(
    reservations: Reservations, lease: dict[str, Any]
) -> None:
    server = reservations.world.cloud.boot("spot", host="gpu-2")
    reservations.start(lease)
    assert reservations.now(lease).is_degraded
    assert reservations.hosts(lease) == ["gpu-1"]
    assert server in reservations.world.cloud.alive


def test_nobody_else_gets_the_late_host_before_its_spare_is_had(
    reservations: Reservations, lease: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    secure, refused = Admission.secure, []

    def secure_late(admission: Admission, held: Held) -> list[str]:
        """Somebody books while the spare is looked into, which then cannot be had."""
        monkeypatch.setattr(Admission, "secure", secure)
        for server in list(reservations.world.cloud.alive.values()):
            reservations.world.cloud.begin_delete(server, force=True)
        reservations.world.pass_time(10)
        with pytest.raises(ExternalServiceFilterException) as error:
            reservations.lease(HOUR // 2)
        refused.append(str(error.value))
        raise Unreachable("no answer")

    monkeypatch.setattr(Admission, "secure", secure_late)
    reservations.start(lease)
    assert len(refused) == 1
    assert reservations.hosts(lease) == ["gpu-1"]
    assert [one["id"] for one in db_api.lease_list()] == [lease["id"]]
