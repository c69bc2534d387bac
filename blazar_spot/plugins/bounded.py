# SPDX-License-Identifier: Apache-2.0
"""Blazar's own clients, which wait for an answer for ever, with a bound.

Whatever a poll asks, or an event, it asks with these: while it waits no claim is published and no lease begins.
"""

from typing import Any

from blazar.plugins.oshosts.host_plugin import PhysicalHostMonitorPlugin
from blazar.utils.openstack import nova, placement

from blazar_spot.conf.service_auth import KEYSTONE_SECONDS as PATIENCE_SECONDS


class Bounded(nova.NovaClientWrapper):
    """For Nova."""

    @property
    def nova(self) -> Any:
        """A new client each time."""
        made = super().nova
        made.client.session.timeout = PATIENCE_SECONDS
        return made


class Placement(placement.BlazarPlacementClient):
    """For Placement, with one token for all its requests; it is made for a few that follow one another."""

    def __init__(self) -> None:
        self._client = super()._create_client()
        self._client.session.timeout = PATIENCE_SECONDS

    def _create_client(self, **_: Any) -> Any:
        return self._client


class HostMonitor(Bounded, PhysicalHostMonitorPlugin):
    """Upstream's monitor, which asks Nova for failed hosts. Upstream makes one and no more: all that its plugins have
    told that one, and will, is this one's, too."""

    def __new__(cls) -> "HostMonitor":
        made = object.__new__(cls)
        made.__dict__.update(PhysicalHostMonitorPlugin().__dict__)
        return made
