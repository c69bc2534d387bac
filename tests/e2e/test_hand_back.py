# SPDX-License-Identifier: Apache-2.0
"""A lease ends in time although its server takes long to die, and its host comes back by itself."""

from blazar_spot.demo.cast import Refusal
from tests.e2e.stories import Returned


def test_the_lease_is_gone_before_its_server_is(returned: Returned) -> None:
    # Five seconds of waiting, and what the requests take on a busy machine.
    assert returned.deleted_in < 15
    assert returned.after.guests != ()


def test_the_host_is_busy_until_it_is_clean(returned: Returned) -> None:
    assert "freepool" not in returned.after.serves
    assert isinstance(returned.again_at_once, Refusal)
    assert returned.again_at_once.earliest_start is not None


def test_the_host_comes_back_when_the_server_is_gone(returned: Returned) -> None:
    assert returned.back.serves == ("freepool",)
    assert returned.back.guests == ()


def test_the_next_lease_gets_the_host(returned: Returned) -> None:
    assert returned.again_later.lease is not None
    assert returned.again_later.lease.status == "ACTIVE"
    assert "freepool" not in returned.again_later.serves
