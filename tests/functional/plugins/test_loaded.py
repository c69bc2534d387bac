# SPDX-License-Identifier: Apache-2.0
"""Whichever of the three plugins an operator names, a blazar-manager that has just begun does all that they are for."""

import os
import pathlib
import subprocess
import sys
from itertools import combinations

import pytest

from tests.functional.plugins import loaded
from tests.functional.plugins.slot_reservations import KINDS

CHOICES = [choice for count in (1, 2, 3) for choice in combinations([kind.resource_type for kind in KINDS], count)]


@pytest.mark.parametrize("choice", CHOICES, ids=" ".join)
def test_a_fresh_process_with_these_plugins_serves_leases_heals_and_publishes(choice: tuple[str, ...]) -> None:
    story = pathlib.Path(loaded.__file__)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", story],
        cwd=story.parents[3],
        env={**os.environ, loaded.LOADED: " ".join(reversed(choice))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
