# SPDX-License-Identifier: Apache-2.0
"""One request, decided for good: the two kinds of request meet here."""

from blazar_spot.core.model import HostRequest, Plan, Request, Snapshot
from blazar_spot.core.planner.slots import plan_slots
from blazar_spot.core.planner.whole import plan_hosts


def plan(snapshot: Snapshot, request: Request) -> Plan:
    """The best plan for the request, or the earliest start that would work and the blockers."""
    if isinstance(request, HostRequest):
        return plan_hosts(snapshot, request)
    return plan_slots(snapshot, request)
