# SPDX-License-Identifier: Apache-2.0
"""The machine's time."""

import pathlib
import threading

from blazar_spot.adapters.system_clock import SystemClock


def test_now_is_the_second_that_the_file_system_sees_too(tmp_path: pathlib.Path) -> None:
    before = SystemClock().now()
    (tmp_path / "file").touch()
    assert before <= (tmp_path / "file").stat().st_mtime + 1
    assert SystemClock().now() >= int((tmp_path / "file").stat().st_mtime) - 1


def test_now_is_a_whole_second() -> None:
    assert type(SystemClock().now()) is int


def test_a_wait_that_nobody_interrupts_ends_by_itself() -> None:
    assert SystemClock().wait(0.01) is False


def test_an_interrupt_from_another_thread_ends_this_wait_and_all_later_ones() -> None:
    clock = SystemClock()
    threading.Timer(0.05, clock.interrupt).start()
    assert clock.wait(30) is True
    assert clock.wait(30) is True
