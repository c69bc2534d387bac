# SPDX-License-Identifier: Apache-2.0
"""Upstream's unit tests of its host plugin, given ours in the place of theirs.

No tests of this tree: ``test_upstream`` runs them in a process of their own, since they change Blazar's modules and
its configuration as they please.
"""

from typing import Any

from blazar.plugins.oshosts import host_plugin
from blazar.tests.plugins.oshosts import test_physical_host_plugin as upstream

from blazar_spot import wiring
from blazar_spot.core.policy import Policy
from blazar_spot.plugins.hosts import SpotHostPlugin
from blazar_spot.plugins.settings import Settings
from blazar_spot.testing.clock import FakeClock
from blazar_spot.testing.cloud import FakeCloud
from blazar_spot.testing.store import FakeStore


class Module:
    """Upstream's module, but for the plugin."""

    def __getattr__(self, name: str) -> Any:
        return getattr(host_plugin, name)

    @staticmethod
    def PhysicalHostPlugin() -> SpotHostPlugin:
        clock = FakeClock()
        cloud = FakeCloud(clock)
        return SpotHostPlugin(Settings(wiring.assemble(FakeStore(), cloud, cloud, clock, Policy()), 5))


upstream.host_plugin = Module()

TestSetup = upstream.PhysicalHostPluginSetupOnlyTestCase
TestPlugin = upstream.PhysicalHostPluginTestCase
TestMonitor = upstream.PhysicalHostMonitorPluginTestCase
