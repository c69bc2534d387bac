# SPDX-License-Identifier: Apache-2.0
"""/v1/plans: what a lease would get, and whom that would cost what."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import falcon

from blazar_spot.api import policies
from blazar_spot.api.asking import asked
from blazar_spot.api.callers import Caller
from blazar_spot.api.paging import iso
from blazar_spot.core.errors import BadLease
from blazar_spot.core.instants import from_datetime
from blazar_spot.core.model import Victim
from blazar_spot.core.promises import Instance
from blazar_spot.enforcement.proposals import Proposal, Proposals, Wanted


class PlansHandler:
    """Plans are made and forgotten."""

    def __init__(self, proposals: Proposals) -> None:
        self._proposals = proposals

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        caller, body = asked(req).caller, asked(req).body
        caller.must(policies.PLAN)
        if "lease_id" in body:
            project = self._proposals.project_of(body["lease_id"])
            caller.must_see(policies.PLAN_LEASE, project, "lease")
            proposal = self._proposals.of_lease(body["lease_id"])
        else:
            proposal = self._proposals.of_request(_wanted(body))
        resp.media = {"plan": rendered(proposal, caller)}


def _wanted(body: Mapping[str, Any]) -> Wanted:
    least = body.get("min", 1)
    return Wanted(
        start_at=_instant(body["start"]) if "start" in body else None,
        end_at=_instant(body["end"]),
        count_min=least,
        count_max=body.get("max", least),
        requirements=(body.get("hypervisor_properties", ""), body.get("resource_properties", "")),
    )


def rendered(proposal: Proposal, caller: Caller) -> dict[str, Any]:
    """The plan as this caller may see it."""
    plan, refused = proposal.plan, proposal.refused
    sees_hosts, sees_all = caller.may(policies.SEE_HOSTS), caller.may(policies.PLAN_ALL)
    pairs = list(zip(plan.victims, proposal.victims, strict=True))
    shown = {
        "is_feasible": plan.feasible,
        "breaks_promises": plan.feasible and refused is not None,
        "host_count": len(plan.hosts),
        "victim_count": len(plan.victims),
        "victims": [
            _victim(victim, instance, sees_hosts=sees_hosts)
            for victim, instance in pairs
            if sees_all or instance.project_id == caller.project_id
        ],
        "cost_seconds": plan.cost,
        **_instants(proposal),
        "code": None if refused is None else refused.code,
        "message": "" if refused is None else str(refused),
        "earliest_start": iso(refused.earliest_start) if refused else None,
        "blockers": [
            {"kind": one.kind, "until": iso(one.until)} | ({"host": one.host} if sees_hosts else {})
            for one in plan.blockers
        ],
    }
    return shown | {"hosts": [choice.host for choice in plan.hosts]} if sees_hosts else shown


def _instants(proposal: Proposal) -> dict[str, str | None]:
    instants = proposal.instants
    return {
        "fence_at": iso(instants.fence_at),
        "notice_at": iso(instants.notice_at),
        "evict_at": iso(instants.evict_at),
        "start_at": iso(instants.start_at),
        "end_at": iso(proposal.wish.end_at),
    }


def _victim(victim: Victim, instance: Instance, *, sees_hosts: bool) -> dict[str, Any]:
    shown = {
        "instance_id": instance.id,
        "instance_name": instance.name,
        "project_id": instance.project_id,
        "flavor": instance.flavor,
        "cost_seconds": victim.cost,
        "notice_at": iso(victim.notice_at),
        "evict_at": iso(victim.evict_at),
        "why": f"Its host is taken whole and is among the cheapest that can be; it has run for {victim.cost} s.",
    }
    return shown | {"host": victim.host} if sees_hosts else shown


def _instant(text: str) -> int:
    try:
        return from_datetime(datetime.fromisoformat(text))
    except ValueError:
        raise BadLease(f"There is no instant {text}.") from None
