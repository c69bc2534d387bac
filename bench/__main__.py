# SPDX-License-Identifier: Apache-2.0
"""Print CPU milliseconds of one plan by the size of the cluster, and the exponent its time grows with."""

import math
import time

from bench.worlds import cluster, questions
from blazar_spot.core.model import Request, Snapshot
from blazar_spot.core.planner import plan

SIZES = (20, 100, 500, 2500)
ROUNDS = 3


def cpu_seconds(snapshot: Snapshot, request: Request) -> float:
    """The best of some rounds, which the rest of the machine disturbs least."""
    best = math.inf
    for _ in range(ROUNDS):
        began = time.process_time()
        plan(snapshot, request)
        best = min(best, time.process_time() - began)
    return best


def growth(first: float, last: float) -> float:
    """The exponent between the smallest and the largest cluster."""
    return math.log(last / first) / math.log(SIZES[-1] / SIZES[0])


def main() -> None:
    """Measure every question on every size."""
    rows: dict[str, list[float]] = {}
    for size in SIZES:
        snapshot = cluster(size)
        for name, request in questions(size).items():
            rows.setdefault(name, []).append(cpu_seconds(snapshot, request))
    print(f"{'ms of CPU for one plan':24}" + "".join(f"{size:>8} hosts" for size in SIZES) + "    growth")
    for name, seconds in rows.items():
        figures = "".join(f"{1000 * value:>14.2f}" for value in seconds)
        print(f"{name:24}{figures}    n^{growth(seconds[0], seconds[-1]):.2f}")


if __name__ == "__main__":
    main()
