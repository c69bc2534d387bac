# SPDX-License-Identifier: Apache-2.0
"""Upstream's unit tests of its instance plugin, given ours in the place of theirs."""

from blazar.plugins.instances import instance_plugin
from blazar.tests.plugins.instances import test_instance_plugin as upstream

from blazar_spot.plugins.instances import SpotInstancePlugin
from tests.functional.plugins.upstream_stand_in import Module

upstream.instance_plugin = Module(instance_plugin, "VirtualInstancePlugin", SpotInstancePlugin)

TestPlugin = upstream.TestVirtualInstancePlugin
