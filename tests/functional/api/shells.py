# SPDX-License-Identifier: Apache-2.0
"""The real ``openstack`` program, typed by users of the dev cloud."""

import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blazar_spot.devcloud.rc import environment
from blazar_spot.devcloud.site import Site

PATIENCE_SECONDS = 120
PROGRAM = Path(sys.executable).with_name("openstack")


@dataclass(frozen=True)
class Typed:
    """How a command ended, and what it said; ``cpu_seconds`` is what it took of a processor."""

    code: int
    printed: str
    complained: str
    seconds: float
    cpu_seconds: float

    @property
    def document(self) -> Any:
        """What it said to machines."""
        return json.loads(self.printed)


@dataclass(frozen=True)
class Terminal:
    """Where one person types; ``more`` are variables of the environment."""

    site: Site
    user: str
    project: str | None = None

    def type(self, *words: str) -> Typed:
        """Run ``openstack`` with these words. The environment is the user's openrc, and nothing of this machine's."""
        variables = {**environment(self.site, self.user), "HOME": str(self.site.root), "PATH": "/usr/bin:/bin"}
        if self.project:
            variables["OS_PROJECT_NAME"] = self.project
        began, used = time.monotonic(), _used_by_children()
        done = subprocess.run(
            [PROGRAM, *words], env=variables, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
        )
        took = time.monotonic() - began
        return Typed(done.returncode, done.stdout, done.stderr, took, _used_by_children() - used)

    def do(self, *words: str) -> None:
        """Type a command that goes well and has nothing to say."""
        typed = self.type(*words)
        assert (typed.code, typed.printed) == (0, ""), typed.complained

    def read(self, *words: str) -> Any:
        """What a command that goes well says to machines."""
        typed = self.type(*words, "-f", "json")
        assert typed.code == 0, typed.complained
        return typed.document


def _used_by_children() -> float:
    """Of those that have ended, and of nobody else's as long as one command is typed after another."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
