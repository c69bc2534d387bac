# SPDX-License-Identifier: Apache-2.0
"""Upstream's unit tests of its flavor plugin, given ours in the place of theirs."""

from blazar.plugins.flavor import flavor_plugin
from blazar.tests.plugins.flavor import test_flavor_plugin as upstream

from blazar_spot.plugins.flavors import SpotFlavorPlugin
from tests.functional.plugins.upstream_stand_in import Module

upstream.flavor_plugin = Module(flavor_plugin, "FlavorPlugin", SpotFlavorPlugin)

TestPlugin = upstream.TestFlavorPlugin
