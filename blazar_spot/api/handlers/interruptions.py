# SPDX-License-Identifier: Apache-2.0
"""/v1/instances/{instance_id}/interrupt: a notice by order, as a rehearsal or to make the instance go."""

from typing import Any

import falcon

from blazar_spot.api import policies
from blazar_spot.api.asking import asked
from blazar_spot.api.paging import iso
from blazar_spot.core.interruptions import Order
from blazar_spot.core.promises import Notice, Purpose
from blazar_spot.enforcement.interrupting import Interrupting


class InterruptionHandler:
    """One instance."""

    def __init__(self, interrupting: Interrupting) -> None:
        self._interrupting = interrupting

    def on_post(self, req: falcon.Request, resp: falcon.Response, instance_id: str) -> None:
        caller, body = asked(req).caller, asked(req).body or {}
        project = self._interrupting.instance(instance_id).project_id
        caller.must_see(policies.SHOW_INSTANCE, project, "instance")
        caller.must(policies.INTERRUPT_INSTANCE, project)
        order = Order(
            seconds=body.get("notice_seconds"),
            evicts=body.get("evict", False),
            is_own=project == caller.project_id,
            reason=body.get("reason", ""),
        )
        waits_for = self._interrupting.waits_for(order)
        if body.get("dry_run", False):
            notice = self._interrupting.dry_run(instance_id, order)
            resp.media = _rendered(notice, event_id=None, waits_for=waits_for)
            return
        notice = self._interrupting.interrupt(instance_id, order)
        resp.status = falcon.HTTP_202
        resp.media = _rendered(notice, event_id=notice.id, waits_for=waits_for)


def _rendered(notice: Notice, event_id: str | None, waits_for: str | None) -> dict[str, Any]:
    shown = {
        "instance_id": notice.instance_id,
        "evict": notice.purpose is Purpose.INTERRUPTION,
        "not_before": iso(notice.deadline_at),
        "event_id": event_id,
        "waits_for": waits_for,
    }
    return {"interruption": shown}
