# SPDX-License-Identifier: Apache-2.0
"""/v1/reclaims: what is done to free hosts for leases, and to whom.

Whoever may not see all of a reclaim sees the victims of the own project, how many others there are, and what was done
without the details: those may name hosts and others' instances.
"""

from collections.abc import Set
from typing import Any

import falcon

from blazar_spot.api import policies
from blazar_spot.api.asking import asked
from blazar_spot.api.callers import Caller
from blazar_spot.api.paging import iso, links, mark
from blazar_spot.core.overviews import OPEN, Asked, Overview
from blazar_spot.core.reclaim import State
from blazar_spot.core.record import Breach, Deed
from blazar_spot.core.victims import Victim
from blazar_spot.enforcement.overview import Overviews, Story


def rendered(overview: Overview, *, with_host: bool) -> dict[str, Any]:
    """The reclaim as those outside see it."""
    claim, reclaim = overview.claim, overview.reclaim
    shown = {
        "id": reclaim.id,
        "lease_id": claim.lease_id,
        "lease_name": claim.lease_name,
        "reservation_id": claim.reservation_id,
        "project_id": claim.project_id,
        "state": reclaim.state.value,
        "planned_at": iso(reclaim.planned_at),
        "fence_at": iso(reclaim.fence_at),
        "notice_at": iso(reclaim.notice_at),
        "evict_at": iso(reclaim.evict_at),
        "start_at": iso(reclaim.start_at),
        "end_at": iso(claim.end_at),
        "lead_seconds": reclaim.lead,
        "counts": {
            "instances": overview.instances,
            "instances_to_go": overview.to_go,
            "breaches": overview.breaches,
        },
    }
    return shown | {"host": claim.host} if with_host else shown


def told(story: Story, caller: Caller) -> dict[str, Any]:
    """The reclaim with everything that this caller may know of it."""
    sees_all = caller.may(policies.SHOW_ALL_OF_RECLAIM)
    victims = [one for one in story.victims if sees_all or one.instance.project_id == caller.project_id]
    mine = None if sees_all else {one.instance.id for one in victims}
    return rendered(story.overview, with_host=caller.may(policies.SEE_HOSTS)) | {
        "victims": [_victim(one) for one in victims],
        "victims_of_others": len(story.victims) - len(victims),
        "breaches": [_breach(one, mine) for one in story.breaches],
        "timeline": [_deed(one, mine) for one in story.timeline if mine is None or one.subject in mine | {""}],
    }


def _victim(victim: Victim) -> dict[str, Any]:
    instance, notice = victim.instance, victim.notice
    return {
        "instance_id": instance.id,
        "instance_name": instance.name,
        "project_id": instance.project_id,
        "flavor": instance.flavor,
        "stage": victim.stage.value,
        "event_id": notice.id if notice else None,
        "not_before": iso(notice.deadline_at) if notice else None,
        "gone_at": iso(victim.gone_at),
        "why": victim.why,
    }


def _breach(breach: Breach, mine: Set[str] | None) -> dict[str, Any]:
    is_shown = mine is None or breach.subject in mine
    shown = {
        "at": iso(breach.at),
        "cause": breach.cause.value,
        "instance_id": (breach.subject or None) if is_shown else None,
    }
    return shown | {"details": breach.details} if mine is None else shown


def _deed(deed: Deed, mine: Set[str] | None) -> dict[str, Any]:
    shown = {"at": iso(deed.at), "what": deed.what, "instance_id": deed.subject or None}
    return shown | {"details": deed.details} if mine is None else shown


class ReclaimsHandler:
    """The list."""

    def __init__(self, overviews: Overviews) -> None:
        self._overviews = overviews

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        caller, query = asked(req).caller, asked(req).query
        of_all = query["all_projects"]
        caller.must(policies.LIST_RECLAIMS_OF_ALL if of_all else policies.LIST_RECLAIMS)
        if query["host"] is not None:
            caller.must(policies.SEE_HOSTS)
        usual = OPEN if query["lease_id"] is None else tuple(State)
        wanted = Asked(
            project_id=None if of_all else caller.project_id,
            lease_id=query["lease_id"],
            host=query["host"],
            states=usual if query["state"] is None else tuple(map(State, query["state"])),
        )
        page = self._overviews.reclaims(wanted, mark(query), query["limit"])
        with_host = caller.may(policies.SEE_HOSTS)
        resp.media = {
            "reclaims": [rendered(one, with_host=with_host) for one in page.found],
            "links": links(req, page.more_after),
        }


class ReclaimHandler:
    """One reclaim."""

    def __init__(self, overviews: Overviews) -> None:
        self._overviews = overviews

    def on_get(self, req: falcon.Request, resp: falcon.Response, reclaim_id: str) -> None:
        caller = asked(req).caller
        story = self._overviews.reclaim(reclaim_id)
        caller.must_see(policies.SHOW_RECLAIM, story.overview.claim.project_id, "reclaim")
        resp.media = {"reclaim": told(story, caller)}
