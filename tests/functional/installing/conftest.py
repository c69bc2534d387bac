# SPDX-License-Identifier: Apache-2.0
"""A clean cloud, which has Blazar with its own plugin and has never heard of us, and our wheel."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from blazar_spot.demo.compressed_time import options
from blazar_spot.devcloud.fixture import cloud
from blazar_spot.devcloud.settings.nova import FILTERS
from blazar_spot.devcloud.site import Options, Override
from tests.functional.installing.operator import ROOT

__all__ = ["cloud"]

PLAIN = (
    Override("nova", "blazar:physical:host", "allow_preemptibles", "false"),
    Override("nova", "notifications", "notification_format", "unversioned"),
    Override("nova", "oslo_messaging_notifications", "driver", "noop"),
    Override("nova", "vendordata_dynamic_auth", "password", "nobody's"),
    Override("nova", "filter_scheduler", "enabled_filters", ",".join(one for one in FILTERS if "Aggregate" not in one)),
)
"""What a dev cloud says in the place of those who follow the page: here it says what the page has to change."""


@pytest.fixture(scope="session")
def cloud_options() -> Options:
    usual = options("upstream")
    return replace(usual, overrides=(*usual.overrides, *PLAIN))


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with it, built from a clone: building leaves files in the tree."""
    folder = tmp_path_factory.mktemp("package")
    for command in (
        ["git", "clone", "--quiet", str(ROOT), str(folder / "clone")],
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(folder / "clone")],
    ):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder
