# SPDX-License-Identifier: Apache-2.0
"""/v1/events: what is coming to a project's instances."""

from typing import Any

import falcon

from blazar_spot.api import policies
from blazar_spot.api.asking import asked
from blazar_spot.api.paging import following
from blazar_spot.core.incidents import Incident, Place, Progress, Wanted
from blazar_spot.core.instants import iso
from blazar_spot.enforcement.acknowledging import Acknowledging
from blazar_spot.enforcement.queries import Queries
from blazar_spot.enforcement.watching import Watch


def rendered(incident: Incident, *, with_host: bool) -> dict[str, Any]:
    """The event as those outside see it."""
    notice = incident.notice
    shown = {
        "id": notice.id,
        "revision": notice.revision,
        "state": incident.progress.value,
        "instance_id": notice.instance_id,
        "instance_name": incident.instance_name,
        "project_id": notice.project_id,
        "flavor": incident.flavor,
        "decided_at": iso(notice.decided_at),
        "not_before": iso(notice.deadline_at),
        "given_at": _iso(notice.given_at),
        "acknowledged_at": _iso(notice.acknowledged_at),
        "is_ready": notice.ready_at is not None,
    }
    return shown | {"host": notice.host} if with_host else shown


class EventsHandler:
    """The document of events, which can be waited for."""

    def __init__(self, queries: Queries, watch: Watch) -> None:
        self._queries = queries
        self._watch = watch

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        caller, query = asked(req).caller, asked(req).query
        of_all = query["all_projects"]
        caller.must(policies.LIST_EVENTS_OF_ALL if of_all else policies.LIST_EVENTS)
        if query["wait"] and query["incarnation"] is not None and not of_all:
            self._watch.wait(caller.project_id, query["incarnation"], query["wait"])
        wanted = Wanted(
            progress=frozenset(map(Progress, query["state"])),
            project_id=None if of_all else caller.project_id,
            instance_id=query["instance_id"],
            flavor=query["flavor"],
        )
        page = self._queries.incidents(wanted, _place(query["marker"]), query["limit"])
        with_host = caller.may(policies.SHOW_HOST)
        answer: dict[str, Any] = {"events": [rendered(one, with_host=with_host) for one in page.incidents]}
        if page.incarnation is not None:
            answer["incarnation"] = page.incarnation
        answer["links"] = [] if page.more_after is None else [following(req, _marker(page.more_after))]
        resp.media = answer


class EventHandler:
    """One event."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    def on_get(self, req: falcon.Request, resp: falcon.Response, event_id: str) -> None:
        caller = asked(req).caller
        incident = self._queries.incident(event_id)
        caller.must_see(policies.SHOW_EVENT, incident.notice.project_id, "event")
        resp.media = {"event": rendered(incident, with_host=caller.may(policies.SHOW_HOST))}


class AcknowledgementHandler:
    """What an event's holder says to it."""

    def __init__(self, queries: Queries, acknowledging: Acknowledging) -> None:
        self._queries = queries
        self._acknowledging = acknowledging

    def on_post(self, req: falcon.Request, resp: falcon.Response, event_id: str) -> None:
        caller = asked(req).caller
        project = self._queries.incident(event_id).notice.project_id
        caller.must_see(policies.SHOW_EVENT, project, "event")
        caller.must(policies.ACKNOWLEDGE_EVENT, project)
        is_ready = (asked(req).body or {}).get("ready", False)
        incident = self._acknowledging.acknowledge(event_id, project, is_ready=is_ready)
        resp.media = {"event": rendered(incident, with_host=caller.may(policies.SHOW_HOST))}


def _iso(instant: int | None) -> str | None:
    return None if instant is None else iso(instant)


def _marker(place: Place) -> str:
    return f"{place.decided_at}-{place.id}"


def _place(marker: str | None) -> Place | None:
    if marker is None:
        return None
    decided_at, _, incident_id = marker.partition("-")
    return Place(int(decided_at), incident_id)
