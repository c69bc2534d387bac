# SPDX-License-Identifier: Apache-2.0
"""What Blazar's own way of calling its manager tells about who is at work on a lease."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from blazar.utils.service import ContextEndpointHandler

from blazar_spot.plugins.at_work import is_at_work, note
from tests.functional.plugins.reservations import a_context

LEASE, OTHER = "a-lease", "another-lease"


class Manager:
    """Notes the lease where our plugins do, in the context of its trust, and then goes on outside of that."""

    def __init__(self, goes_on: Callable[[], None]) -> None:
        self._goes_on = goes_on

    def update_lease(self, lease_id: str) -> None:
        with a_context():
            note(lease_id)
        self._goes_on()


def call(goes_on: Callable[[], None], lease_id: str = LEASE) -> None:
    ContextEndpointHandler(Manager(goes_on), None).update_lease(a_context().to_dict(), lease_id=lease_id)


def test_a_lease_is_worked_on_until_the_call_is_over_and_other_threads_see_that() -> None:
    noted, may_end = threading.Event(), threading.Event()

    def goes_on() -> None:
        noted.set()
        assert may_end.wait(30)

    with ThreadPoolExecutor(1) as threads:
        called = threads.submit(call, goes_on)
        assert noted.wait(30)
        assert (is_at_work(LEASE), is_at_work(OTHER)) == (True, False)
        may_end.set()
        called.result()
        assert not is_at_work(LEASE)


def test_nor_is_it_when_the_call_has_failed_and_its_thread_does_something_else() -> None:
    def fails() -> None:
        assert is_at_work(LEASE)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        call(fails)
    seen: list[bool] = []
    call(lambda: seen.extend([is_at_work(LEASE), is_at_work(OTHER)]), OTHER)
    assert seen == [False, True]
    assert not is_at_work(OTHER)


def test_whoever_asks_outside_of_a_call_is_at_nothing() -> None:
    with a_context():
        note(LEASE)
        assert not is_at_work(LEASE)
