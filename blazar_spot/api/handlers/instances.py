# SPDX-License-Identifier: Apache-2.0
"""/v1/instances: a project's spot instances, until when each may run, and why it has ended."""

from typing import Any

import falcon

from blazar_spot.api import policies
from blazar_spot.api.asking import asked
from blazar_spot.api.paging import iso, links, mark
from blazar_spot.core.incidents import Incident
from blazar_spot.core.outlooks import Outlook, Sought
from blazar_spot.enforcement.outlook import Outlooks


def rendered(outlook: Outlook, *, with_host: bool) -> dict[str, Any]:
    """The instance as those outside see it."""
    instance = outlook.instance
    shown = {
        "id": instance.id,
        "name": instance.name,
        "project_id": instance.project_id,
        "flavor": instance.flavor,
        "tags": list(instance.tags),
        "created_at": iso(instance.created_at),
        "running_since": iso(instance.running_since),
        "guaranteed_until": iso(outlook.guaranteed_until),
        "expected_until": iso(outlook.expected_until),
        "event": _event(outlook),
        "gone_at": iso(instance.gone_at),
        "why": outlook.why,
    }
    return shown | {"host": instance.host} if with_host else shown


def _event(outlook: Outlook) -> dict[str, Any] | None:
    notice, instance = outlook.notice, outlook.instance
    if notice is None:
        return None
    progress = Incident(notice=notice, instance_name=instance.name, flavor=instance.flavor).progress
    return {
        "id": notice.id,
        "state": progress.value,
        "revision": notice.revision,
        "not_before": iso(notice.deadline_at),
    }


class InstancesHandler:
    """The list."""

    def __init__(self, outlooks: Outlooks) -> None:
        self._outlooks = outlooks

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        caller, query = asked(req).caller, asked(req).query
        of_all = query["all_projects"]
        caller.must(policies.LIST_INSTANCES_OF_ALL if of_all else policies.LIST_INSTANCES)
        if query["host"] is not None:
            caller.must(policies.SEE_HOSTS)
        sought = Sought(
            project_id=None if of_all else caller.project_id,
            flavor=query["flavor"],
            host=query["host"],
            has_ended=query["gone"],
        )
        page = self._outlooks.page(sought, mark(query), query["limit"])
        with_host = caller.may(policies.SEE_HOSTS)
        resp.media = {
            "instances": [rendered(one, with_host=with_host) for one in page.found],
            "links": links(req, page.more_after),
        }


class InstanceHandler:
    """One instance."""

    def __init__(self, outlooks: Outlooks) -> None:
        self._outlooks = outlooks

    def on_get(self, req: falcon.Request, resp: falcon.Response, instance_id: str) -> None:
        caller = asked(req).caller
        outlook = self._outlooks.one(instance_id)
        caller.must_see(policies.SHOW_INSTANCE, outlook.instance.project_id, "instance")
        resp.media = {"instance": rendered(outlook, with_host=caller.may(policies.SEE_HOSTS))}
