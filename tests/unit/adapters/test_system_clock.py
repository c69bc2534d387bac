# SPDX-License-Identifier: Apache-2.0
"""The machine's time."""

import pathlib
import signal
import threading

from blazar_spot.adapters.system_clock import REST_SECONDS, SystemClock


def test_now_is_the_second_that_the_file_system_sees_too(tmp_path: pathlib.Path) -> None:
    before = SystemClock().now()
    (tmp_path / "file").touch()
    assert before <= (tmp_path / "file").stat().st_mtime + 1
    assert SystemClock().now() >= int((tmp_path / "file").stat().st_mtime) - 1


def test_now_is_a_whole_second() -> None:
    assert type(SystemClock().now()) is int


def test_a_wait_that_nobody_interrupts_ends_by_itself() -> None:
    assert SystemClock().wait(0.01) is False


def test_waking_ends_this_wait_and_no_later_one() -> None:
    clock = SystemClock()
    threading.Timer(0.05, clock.wake).start()
    assert clock.wait(30) is False
    assert clock.wait(0.01) is False


def test_being_woken_before_a_wait_ends_it_after_its_rest() -> None:
    clock = SystemClock()
    for _ in range(100):
        clock.wake()
    assert clock.wait(30) is False
    clock.interrupt()
    assert clock.wait(30) is True


def test_without_a_rest_being_woken_before_a_wait_ends_it_at_once() -> None:
    clock = SystemClock(rest_seconds=0)
    woken = threading.Event()
    clock.wake()
    thread = threading.Thread(target=lambda: clock.wait(30) or woken.set())
    thread.start()
    assert woken.wait(REST_SECONDS / 2)
    thread.join()


def test_a_signal_handler_may_interrupt_the_thread_that_waits() -> None:
    clock = SystemClock()
    before = signal.signal(signal.SIGUSR1, lambda _number, _frame: clock.interrupt())
    try:
        threading.Timer(0.05, signal.raise_signal, [signal.SIGUSR1]).start()
        assert clock.wait(30) is True
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_an_interrupt_from_another_thread_ends_this_wait_and_all_later_ones() -> None:
    clock = SystemClock()
    threading.Timer(0.05, clock.interrupt).start()
    assert clock.wait(30) is True
    assert clock.wait(30) is True
