#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Break the rules in blazar_spot/core on purpose, with mutmut, and fail when a break goes unnoticed that may not.

What may survive is in mutants.toml: by function with a reason, and in the modules that nobody has judged a share of all
their breaks together. Whatever is not known to be noticed counts as unnoticed. ``mutmut show NAME`` shows a break; its
settings are in pyproject.toml. Standard library only.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent.parent
MUTMUT = ROOT / ".venv" / "bin" / "mutmut"
RESULT = re.compile(r"\s*blazar_spot\.core\.(?P<module>[\w.]+)\.x(?P<name>\w+)__mutmut_\d+: (?P<status>.+)")
NOTICED = {"killed", "timeout"}
UNJUDGED = "the modules that nobody has judged"


def parsed(results: str) -> Iterator[tuple[str, str, bool]]:
    """The module, the function and whether the break was noticed, of each line of ``mutmut results``."""
    for line in results.splitlines():
        found = RESULT.fullmatch(line)
        if found:
            name = found["name"].removeprefix("_").strip("ǁ").replace("ǁ", ".")
            yield found["module"], name, found["status"] in NOTICED


def excess(results: str, allowed: Mapping[str, Any]) -> list[str]:
    """A sentence for each function, and for all modules that nobody has judged, in which more survived than may."""
    tried: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    for module, name, is_noticed in parsed(results):
        place = UNJUDGED if module in allowed["unjudged"] else f"{module}.{name}"
        tried[place] += 1
        survived[place] += not is_noticed
    if not tried:
        return ["Nothing was broken."]
    most = {place: judged["most"] for place, judged in allowed["survivors"].items()}
    most[UNJUDGED] = tried[UNJUDGED] * allowed["unjudged_percent"] // 100
    return [
        f"{place}: {count} of {tried[place]} breaks survived, at most {most.get(place, 0)} may."
        for place, count in sorted(survived.items())
        if count > most.get(place, 0)
    ]


def main() -> int:
    """Break everything anew; 0 only if no more survived than may."""
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    subprocess.run([MUTMUT, "run"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    command = [MUTMUT, "results", "--all", "true"]
    results = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    said = excess(results, tomllib.loads((ROOT / "tools" / "mutants.toml").read_text()))
    print("\n".join(said))
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
