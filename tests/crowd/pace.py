# SPDX-License-Identifier: Apache-2.0
"""How fast this machine is, so that a limit in seconds says the same about the code on a slower one."""

import time

COUNTED = 4_000_000
LIMITS_HOLD_FOR_SECONDS = 0.25
"""What a core takes to count so far on the machine that the limits in seconds are for. Derived: a loop outside of a
function took 0.37 s there, and one inside takes at most two thirds of that."""


def slowness() -> float:
    """How many times as long as there this takes; a faster machine gets no narrower limits."""
    return max(1.0, sorted(_count() for _ in range(5))[2] / LIMITS_HOLD_FOR_SECONDS)


def _count() -> float:
    began = time.process_time()
    total = 0
    for number in range(COUNTED):
        total += number * number % 7
    return time.process_time() - began
