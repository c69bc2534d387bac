# SPDX-License-Identifier: Apache-2.0
"""The tab "Spot reclaim" on the page of a lease: host by host what was done, who has to go and why, what was broken.

It is read when it is opened. However many hosts a lease has, so many are told in full, and the others in one line each.
"""

from itertools import islice
from typing import Any

from django.utils.translation import gettext_lazy as _
from horizon import exceptions, tabs

from blazar_spot.client import Client
from blazar_spot.client.documents import Reclaim
from blazar_spot.dashboard import asking
from blazar_spot.dashboard.pictures import STEPS, WIDTH, Step, steps
from blazar_spot.dashboard.states import of_reclaim

TOLD_IN_FULL = 5
MOST_HOSTS = 200


class SpotReclaimTab(tabs.Tab):
    """How the lease gets its hosts from spot."""

    name = _("Spot reclaim")
    slug = "spot_reclaim"
    template_name = "spot/_reclaims.html"
    preload = False

    def get_context_data(self, request: Any) -> dict[str, Any]:
        try:
            client = asking.client(request)
            found = _reclaims(client, self.tab_group.kwargs["lease_id"], asking.sees_all(request)) if client else []
        except Exception:
            exceptions.handle(request, _("How this lease gets its hosts from spot could not be read."))
            return {"is_unknown": True}
        return {"reclaims": found, "width": WIDTH * len(STEPS), "next": WIDTH - 10}


def _reclaims(client: Client, lease_id: str, sees_all: bool) -> list[dict[str, Any]]:
    listed = client.reclaims.list(lease_id=lease_id, all_projects=sees_all, limit=MOST_HOSTS)
    in_full = [client.reclaims.get(one["id"]) for one in islice(listed, TOLD_IN_FULL)]
    return [_told(one, steps(one)) for one in in_full] + [_told(one, []) for one in listed]


def _told(reclaim: Reclaim, drawn: list[Step]) -> dict[str, Any]:
    text = of_reclaim(reclaim["state"], reclaim["counts"]["instances_to_go"])
    names = {one["instance_id"]: one["instance_name"] for one in reclaim.get("victims", ())}
    timeline = [{**deed, "who": _called(deed["instance_id"], names)} for deed in reclaim.get("timeline", ())]
    return {**reclaim, "steps": drawn, "text": text, "timeline": timeline}


def _called(instance_id: str | None, names: dict[str, str]) -> str:
    return names.get(instance_id or "") or instance_id or ""
