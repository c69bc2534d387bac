# SPDX-License-Identifier: Apache-2.0
"""Bounds for what stands beside somebody else's command: it may say more, and must not keep anybody waiting for that.

A timeout of a session would not do: it bounds each wait for a byte, and the search for the service's version has none.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, ask: Callable[[], T]) -> T:
    """What this returns or raises; ``TimeoutError`` if it takes longer. Nobody listens to it then, and it ends with the
    program."""
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:
            answer.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return answer.result(timeout=seconds)
