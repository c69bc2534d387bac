# SPDX-License-Identifier: Apache-2.0
"""Upstream's unit tests of its host plugin, given ours in the place of theirs."""

from blazar.plugins.oshosts import host_plugin
from blazar.tests.plugins.oshosts import test_physical_host_plugin as upstream

from blazar_spot.plugins.hosts import SpotHostPlugin
from tests.functional.plugins.upstream_stand_in import Module

upstream.host_plugin = Module(host_plugin, "PhysicalHostPlugin", SpotHostPlugin)

TestSetup = upstream.PhysicalHostPluginSetupOnlyTestCase
TestPlugin = upstream.PhysicalHostPluginTestCase
TestMonitor = upstream.PhysicalHostMonitorPluginTestCase
