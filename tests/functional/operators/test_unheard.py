# SPDX-License-Identifier: Apache-2.0
"""A Nova that says nothing, on a real cloud: the engine goes on by its own looks, and the doctor says what is missing.

It comes last: who hears nothing learns of everything a tick later.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from blazar_spot.core.findings import Finding
from blazar_spot.demo.cast import SpotUser, Stage
from blazar_spot.demo.compressed_time import GPUS
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.waiting import wait_until
from blazar_spot.doctor import notifications
from tests.e2e.lanes import Played
from tests.functional.operators.doctors import changed, wrong_by
from tests.unit.devstack.stack import Stack

PATIENCE_SECONDS = 90
CHECK = "notifications"


@pytest.fixture
def deaf(cloud: Cloud, stacked: Stack, played: Played, tmp_path: Path) -> Iterator[Path]:
    """The configuration of an engine that listens where nobody speaks, and works."""
    played["told"].result()
    file, engine = stacked.spot, cloud.service("spot-engine")
    before = file.read_text()
    other = changed(file, tmp_path, CHECK, "topic", "nobody_speaks_here")
    file.write_text(changed(other, tmp_path, CHECK, "pool", "deaf").read_text())
    engine.restart()
    wait_until(lambda: not wrong_by(CHECK, file), "the engine listens", at_most=PATIENCE_SECONDS, every=0.5)
    yield file
    file.write_text(before)
    engine.restart()


def test_a_nova_that_says_nothing_is_found_out_by_an_instance_that_began_to_run(
    cloud: Cloud, deaf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifications, "ON_ITS_WAY_SECONDS", 0)  # here it is the engine's look that is waited for
    monkeypatch.setattr(notifications, "DIFFERENCE_SECONDS", 0)  # here is one clock only
    host = cloud.site.options.hosts[0].name
    SpotUser(cloud, Stage(name="unheard", host=host, gpus=GPUS)).boot("spot")
    seen: list[Finding] = []

    def is_found() -> bool:
        seen[:] = wrong_by(CHECK, deaf)
        return bool(seen)

    wait_until(is_found, "the doctor finds it", at_most=PATIENCE_SECONDS, every=0.5)
    assert seen[0].found.startswith("Nothing of Nova has been heard since ")
    assert "notification_format" in seen[0].fix
