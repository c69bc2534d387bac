# SPDX-License-Identifier: Apache-2.0
"""The planner: which hosts, which victims, when, at the least cost, without breaking a promise.

Pure: it reads a ``Snapshot`` and a request and returns a ``Plan``; the same input in any order gives the same answer.
Start at ``plan``; whole hosts are in ``whole``, parts of hosts in ``slots``.
"""

from blazar_spot.core.model import HostRequest, Plan, Request, Snapshot
from blazar_spot.core.planner.slots import plan_slots
from blazar_spot.core.planner.whole import plan_hosts

__all__ = ["plan"]


def plan(snapshot: Snapshot, request: Request) -> Plan:
    """The best plan for the request, or the earliest start that would work and the blockers."""
    if isinstance(request, HostRequest):
        return plan_hosts(snapshot, request)
    return plan_slots(snapshot, request)
