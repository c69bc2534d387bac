# SPDX-License-Identifier: Apache-2.0
"""Whatever goes wrong while a booking is secured, it is refused and nothing stays fenced."""

import pytest

from blazar_spot.core.errors import Forbidden, NotFound, NotNow, Permanent, Refused, SpotError, Unreachable
from blazar_spot.core.promises import Standing
from blazar_spot.testing.lab import Lab

MINUTE = 60


@pytest.mark.parametrize("call", ["close", "spot_consumers"])
@pytest.mark.parametrize("error", [Unreachable, NotNow, Forbidden, Permanent])
def test_a_booking_that_cannot_be_secured_is_refused_with_nothing_fenced(call: str, error: type[SpotError]) -> None:
    lab = Lab()
    lab.cloud.fails(call, error("no"))
    with pytest.raises(Refused) as refusal:
        lab.book("r1", lab.clock.now() + MINUTE)
    assert refusal.value.code == "cannot_judge"
    assert lab.claim.standing is Standing.WITHDRAWN
    lab.second()
    assert lab.cloud.closed() == {"host01": False}


def test_a_fault_of_our_own_leaves_nothing_held_either() -> None:
    lab = Lab()
    lab.cloud.fails("close", RuntimeError("a bug"))  # type: ignore[arg-type]
    with pytest.raises(RuntimeError):
        lab.book("r1", lab.clock.now() + MINUTE)
    assert lab.claim.standing is Standing.WITHDRAWN


def test_a_host_without_a_pool_can_be_booked_beside_others() -> None:
    lab = Lab(hosts=2)
    lab.cloud.fails("close", NotFound("it has no provider"))
    chosen = lab.book("r1", lab.clock.now() + MINUTE, hosts=2)
    assert [host.host for host in chosen] == ["host01", "host02"]
    assert lab.cloud.closed()["host02"]
