# SPDX-License-Identifier: Apache-2.0
"""A lease ends although its server does not die, and its host comes back by itself."""

from blazar_spot.demo.cast import Refusal
from tests.e2e.stories import Returned


def test_the_lease_is_gone_before_its_server_is(returned: Returned) -> None:
    assert [(guest.name, guest.is_going) for guest in returned.after.guests] == [("owner", True)]


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
