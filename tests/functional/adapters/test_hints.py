# SPDX-License-Identifier: Apache-2.0
"""What happens to spot instances on a real cloud is heard, by everybody who listens with a queue of their own."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from oslo_config import cfg

from blazar_spot.adapters.notifications import NovaHints
from blazar_spot.devcloud.cloud import Cloud
from tests.contract.stage import SPOT, booted, told

if TYPE_CHECKING:
    from tests.functional.adapters.real_stage import RealStage

PATIENCE = 120


def _listen(cloud: Cloud, pool: str, wake: Callable[[], None]) -> None:
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[])
    where = {"exchange": "nova", "topic": "versioned_notifications", "pool": pool}
    NovaHints(conf, transport_url=cloud.site.transport_url, **where).listen(wake)


def test_a_created_and_a_deleted_spot_instance_arrive_as_hints(cloud: Cloud, stage: "RealStage") -> None:
    woken = [threading.Event(), threading.Event()]
    for number, event in enumerate(woken):
        _listen(cloud, f"hints-{number}", event.set)
    for event in woken:
        assert event.wait(PATIENCE), "whoever begins to listen is woken"
        event.clear()
    server = booted(stage, SPOT, stage.one)
    assert all(event.wait(PATIENCE) for event in woken)
    for event in woken:
        event.clear()
    stage.compute.delete(server, force=False)
    assert all(event.wait(PATIENCE) for event in woken)
    stage.until(lambda: told(stage, server) is None, "it is gone")
