# SPDX-License-Identifier: Apache-2.0
"""/v1/flavors: whether flavors consume the spot pools as they should."""

from typing import Any

import falcon

from blazar_spot.api import policies
from blazar_spot.api.asking import asked
from blazar_spot.enforcement.flavors import Checked, Flavors


def _rendered(checked: Checked) -> dict[str, Any]:
    return {
        "id": checked.id,
        "name": checked.name,
        "is_preemptible": checked.is_preemptible,
        "min_uptime_seconds": checked.min_uptime,
        "notice_seconds": checked.notice,
        "missing": dict(checked.missing),
        "remarks": list(checked.remarks),
    }


class FlavorsHandler:
    """All that matter to spot."""

    def __init__(self, flavors: Flavors) -> None:
        self._flavors = flavors

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        asked(req).caller.must(policies.CHECK_FLAVORS)
        resp.media = {"flavors": [_rendered(one) for one in self._flavors.check()]}


class EnrolmentHandler:
    """One that shall consume the spot pools."""

    def __init__(self, flavors: Flavors) -> None:
        self._flavors = flavors

    def on_post(self, req: falcon.Request, resp: falcon.Response, flavor_id: str) -> None:
        asked(req).caller.must(policies.ENROL_FLAVOR)
        resp.media = {"flavor": _rendered(self._flavors.enrol(flavor_id))}
