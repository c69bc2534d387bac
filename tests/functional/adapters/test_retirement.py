# SPDX-License-Identifier: Apache-2.0
"""``blazar-spot-manage retire`` on a real cloud, whose Blazar runs its own plugins: nothing of ours is left in it."""

from typing import TYPE_CHECKING

import pytest

from blazar_spot.cmd.manage import main
from blazar_spot.core.fences import OPEN
from blazar_spot.core.notice import SCHEDULED_KEY
from blazar_spot.devcloud.cloud import Cloud
from tests.contract.stage import POOLED, SPOT, booted, told, unenrolled

if TYPE_CHECKING:
    from tests.functional.adapters.real_stage import RealStage


@pytest.fixture
def manage(cloud: Cloud) -> list[str]:
    """The command, over a database of its own in the cloud's MariaDB."""
    manage = ["--config-file", str(cloud.conf("spot"))]
    assert main([*manage, "db", "sync"]) == 0
    return manage


def test_a_preemptible_flavor_boots_as_a_normal_one_afterwards(
    cloud: Cloud, manage: list[str], stage: "RealStage", capsys: pytest.CaptureFixture[str]
) -> None:
    for flavor in unenrolled(stage):
        stage.compute.enrol_flavor(flavor)
    stage.pool.keep(stage.one.host, OPEN, None)
    inside = booted(stage, POOLED, stage.one)
    stage.compute.write_metadata(inside, {SCHEDULED_KEY: "1", "mine": "stays"})
    for host in (stage.one, stage.other):
        stage.pool.close(host.host)
        # What it knows of the providers of its host it learns now, and not again within five minutes.
        cloud.service(f"compute-{host.service_host}").restart()

    assert main([*manage, "retire"]) == 0
    assert {host: sight.is_closed for host, sight in stage.pool.pools().items()} == {
        stage.one.host: True,
        stage.other.host: True,
    }
    assert main([*manage, "retire", "--yes"]) == 1
    assert f"LEFT: Remove the spot pool of {stage.one.host}: 1 instances" in capsys.readouterr().out
    assert {host: sight.is_closed for host, sight in stage.pool.pools().items()} == {stage.one.host: False}
    assert stage.compute.enrolled_flavors() == {}
    seen = told(stage, inside)
    assert seen is not None
    assert (seen.status, seen.metadata) == ("ACTIVE", {"mine": "stays"})

    for flavor in (SPOT, POOLED):
        booted(stage, flavor, stage.other)
    stage.compute.delete(inside, force=True)
    stage.until(lambda: not stage.pool.spot_consumers(stage.one.host), "the pool is empty")
    assert main([*manage, "retire", "--yes"]) == 0
    assert stage.pool.pools() == {}
    for host in (stage.one, stage.other):
        booted(stage, SPOT, host)
    assert main([*manage, "retire"]) == 0
    assert capsys.readouterr().out.endswith("There is nothing to do.\n")
