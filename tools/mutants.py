#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Break the rules in blazar_spot/core on purpose, with mutmut, and fail when a break goes unnoticed that may not.

All breaks take longer than a night has: they are tried in an order by chance until the minutes given are over, so that
every night tries others. The seed of an order that is told can be given after the minutes.

What may survive is in mutants.toml: by function with a reason, and in the modules that nobody has judged a share of
their breaks that were tried. Whatever was tried and is not known to be noticed counts as unnoticed. ``mutmut show
NAME`` shows a break; its settings are in pyproject.toml. The standard library and mutmut only.
"""

import math
import multiprocessing
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent.parent
MUTMUT = ROOT / ".venv" / "bin" / "mutmut"
RESULT = re.compile(r"\s*blazar_spot\.core\.(?P<module>[\w.]+)\.x(?P<name>\w+)__mutmut_\d+: (?P<status>.+)")
NOTICED = {"killed", "timeout"}
UNTRIED = "not checked"
UNJUDGED = "the modules that nobody has judged"
GRACE_SECONDS = 20
"""How long mutmut may take to end by itself when time is over, and how long when it is interrupted."""


def parsed(results: str) -> Iterator[tuple[str, str, str]]:
    """The module, the function and what became of the break, of each line of ``mutmut results``."""
    for line in results.splitlines():
        found = RESULT.fullmatch(line)
        if found:
            name = found["name"].removeprefix("_").strip("ǁ").replace("ǁ", ".")
            yield found["module"], name, found["status"]


def by_chance(share: float, tried: int, there_are: int) -> int:
    """How many survivors may be among those tried if ``share`` of all survive: three deviations more than the mean.

    A few breaks vary by much. The more are tried the less they do, and not at all when all are.
    """
    left_out = (there_are - tried) / max(there_are - 1, 1)
    return math.floor(tried * share + 3 * math.sqrt(tried * share * (1 - share) * left_out))


def judged(results: str, allowed: Mapping[str, Any], seed: int) -> tuple[list[str], str]:
    """A sentence for each place in which more survived than may, and one that says what was tried."""
    there_are: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    for module, name, status in parsed(results):
        place = UNJUDGED if module in allowed["unjudged"] else f"{module}.{name}"
        there_are[place] += 1
        tried[place] += status != UNTRIED
        survived[place] += status not in NOTICED | {UNTRIED}
    most = {place: known["most"] for place, known in allowed["survivors"].items()}
    most[UNJUDGED] = by_chance(allowed["unjudged_percent"] / 100, tried[UNJUDGED], there_are[UNJUDGED])
    excess = [
        f"{place}: {count} of {tried[place]} breaks survived, at most {most.get(place, 0)} may."
        for place, count in sorted(survived.items())
        if count > most.get(place, 0)
    ]
    known = "not all of them known" if excess else "all of them known"
    summary = (
        f"{tried.total()} of {there_are.total()} breaks tried (seed {seed}), {survived.total()} survived, {known}."
    )
    return excess if tried.total() else ["Nothing was broken."], summary


def mutmut_by_chance(until: float, seed: int) -> None:
    """Run mutmut in this process, in an order that only the seed and the names of the breaks decide."""
    from mutmut import __main__ as mutmut

    def stop_when_time_is_over(_breaks: object, force_output: bool = False) -> None:
        """Mutmut says how far it is whenever no result is half written; at the end, too, which is told so."""
        if time.monotonic() >= until and not force_output:
            raise KeyboardInterrupt

    # By its own order the fastest come first, and the others never when time is short.
    replace(mutmut, "estimated_worst_case_time", lambda name: random.Random(f"{seed} {name}").random())
    replace(mutmut, "print_stats", stop_when_time_is_over)
    # Ctrl-C at a terminal reaches the program around this one, which then stops this one: once is enough.
    os.setsid()
    os.chdir(ROOT)
    # What it says while it works is for somebody who watches.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    mutmut.cli(["run"])


def replace(module: ModuleType, name: str, by: Callable[..., object]) -> None:
    """Put our own in place of what mutmut has, and fail if a newer mutmut has it no more."""
    getattr(module, name)
    setattr(module, name, by)


def break_for(seconds: float, seed: int) -> int | None:
    """Break everything anew until it is done or time is over; whatever ends this ends mutmut and its children too."""
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    arguments = (time.monotonic() + seconds, seed)
    running = multiprocessing.get_context("fork").Process(target=mutmut_by_chance, args=arguments)
    running.start()
    try:
        running.join(seconds + GRACE_SECONDS)
    finally:
        if running.is_alive():
            os.kill(running.pid or 0, signal.SIGINT)
            running.join(GRACE_SECONDS)
        if running.is_alive():
            os.killpg(running.pid or 0, signal.SIGKILL)
            running.join()
    return running.exitcode


def main(minutes: str, seed: str = "") -> int:
    """Break for so many minutes; 0 only if no more survived than may."""
    order = int(seed) if seed else random.SystemRandom().randrange(1_000_000)
    failed = break_for(float(minutes) * 60, order)
    command = [str(MUTMUT), "results", "--all", "true"]
    results = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    excess, summary = judged(results, tomllib.loads((ROOT / "tools" / "mutants.toml").read_text()), order)
    print("\n".join([*excess, summary]))
    if failed:
        print(f"mutmut itself failed ({failed}): try .venv/bin/mutmut run")
    return 1 if excess or failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
