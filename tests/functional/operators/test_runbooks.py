# SPDX-License-Identifier: Apache-2.0
"""What the page "Operating" has operators type, typed on a real cloud as it stands there."""

import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.rc import environment
from tests.e2e.lanes import Played
from tests.e2e.stages import rows
from tests.functional.api.pages import steps
from tests.unit.devstack.stack import Stack

PAGE = Path(__file__).parents[3] / "doc" / "source" / "operating.rst"
PROGRAMS = Path(sys.executable).parent
PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def ours(cloud: Cloud, played: Played) -> dict[str, str]:
    """What the page leaves to the reader, by the word that stands for it."""
    told = played["told"].result()
    host = cloud.site.options.hosts[0].name
    [reclaim] = rows(cloud, "SELECT id FROM reclaims WHERE host = :host AND state = 'handed_over'", host=host)
    return {"HOST": host, "RECLAIM": reclaim["id"], "EVENT": told.vendordata["spot"]["event"]["id"]}


def test_every_command_of_the_page_goes_well(cloud: Cloud, stacked: Stack, ours: dict[str, str]) -> None:
    """In the order of the page, at two terminals: one for ``openstack``, one beside the engine."""
    commands = list(dict.fromkeys(step.command for step in steps(PAGE)))
    assert {command.split()[0] for command in commands} == {"openstack", "blazar-spot-manage", "blazar-spot-status"}
    assert [word for word in ours if word not in " ".join(commands).split()] == []
    terminals = [
        [command for command in commands if command.startswith("openstack ") is is_client]
        for is_client in (True, False)
    ]
    with ThreadPoolExecutor(len(terminals)) as people:
        done = people.map(lambda some: {one: typed(cloud, stacked, one, ours) for one in some}, terminals)
    failed = {one: how for some in done for one, how in some.items() if how.returncode}
    assert {command: how.stdout + how.stderr for command, how in failed.items()} == {}


def typed(cloud: Cloud, stacked: Stack, command: str, ours: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """By an operator, who finds the configuration where it was put here."""
    program, *words = (ours.get(word, word) for word in shlex.split(command))
    if program != "openstack":
        words = ["--config-file", str(stacked.spot), *words]
    return subprocess.run(
        [PROGRAMS / program, *words],
        env={**environment(cloud.site, "admin"), "HOME": str(cloud.site.root), "PATH": os.defpath},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
