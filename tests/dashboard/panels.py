# SPDX-License-Identifier: Apache-2.0
"""A cloud with the service in its catalog, and the real API behind the pages, which can be told to fail in parts."""

import json
import re
from collections.abc import Mapping
from html import unescape
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
from blazar_dashboard.test import helpers

from blazar_spot.client import Client
from blazar_spot.core.closures import FOREVER
from blazar_spot.core.switch import Mode
from blazar_spot.dashboard import asking
from blazar_spot.enforcement.pulse import Pulse
from blazar_spot.ports.store import Store
from blazar_spot.testing.lab import Lab
from tests.unit.api.served import ADMIN, OURS, App, made, use_cases
from tests.unit.client.reached import InProcess, session

BY_SCRIPT = {"X-Requested-With": "XMLHttpRequest"}
AWAY = {"error": {"code": "unreachable", "message": "The database does not answer.", "request_id": "req-1"}}


class Ailing(InProcess):
    """Answers some questions with a 503 of the API's."""

    def __init__(self, app: App, caller: Mapping[str, str]) -> None:
        super().__init__(app, caller)
        self.fails: str | None = None

    def send(self, request: requests.PreparedRequest, *more: Any, **kept: Any) -> requests.Response:
        answer = super().send(request, *more, **kept)
        if self.fails is not None and self.fails in f"{request.method} {request.path_url}":
            answer = requests.Response()
            answer.status_code, answer.url, answer.request = 503, request.url or "", request
            answer._content = json.dumps(AWAY).encode()
        return answer


class Panel(helpers.TestCase):
    """Someone of a project, or an admin, in front of a page."""

    caller = OURS

    def _setup_test_data(self) -> None:
        super()._setup_test_data()
        where = {"interface": "public", "region": "RegionOne", "region_id": "RegionOne", "url": "http://spot.example"}
        self.service_catalog.append({"type": "spot", "name": "spot", "endpoints_links": [], "endpoints": [where]})

    @pytest.fixture(autouse=True)
    def _service(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.behind(Lab(hosts=3))

    def behind(self, lab: Lab) -> None:
        """This is the cloud that the pages are about."""
        lab.second()
        self.store = lab.store
        self.serve(lab.store, lab)

    def serve(self, store: Store, lab: Lab) -> None:
        """The real API, over the cloud of this lab and a database that may be another."""
        self.lab = lab
        app = made(use_cases(store, lab.clock, cloud=lab.cloud))
        whole, _ = session(app, self.caller)
        self.network = Ailing(app, self.caller)
        whole.session.mount("http://", self.network)
        self.monkeypatch.setattr(asking, "client", lambda request: Client(whole))

    def beat(self, mode: Mode = Mode.ENFORCE) -> None:
        """All engines there are give a sign of life, one that goes as far."""
        with self.store.begin() as work:
            work.drop_heartbeats(FOREVER)
        Pulse(self.store, self.lab.clock, mode, "controller", 1).beat(None)

    def tab(self, url: str, name: str, **query: Any) -> Any:
        """What a click on this tab brings."""
        answer = self.client.get(url, {"tab": name, **query}, headers=BY_SCRIPT)
        assert answer.status_code == 200
        return answer

    def text(self, answer: Any) -> str:
        return " ".join(answer.content.decode().split())

    def press(self, url: str, button: str, *, tab: str) -> str:
        """The messages of the page that a button leads to."""
        answer = self.client.post(f"{url}?tab={tab}", {"action": button}, follow=True)
        assert answer.status_code == 200
        return " ".join(str(one) for one in answer.context["messages"])


class OperatorsPanel(Panel):
    """The same for an admin."""

    caller = ADMIN

    def setUp(self) -> None:
        super().setUp()
        known = (self.user.id, self.token, self.user.name, self.tenant.id)
        admin = [{"id": "1", "name": "admin"}]
        self.setActiveUser(*known, service_catalog=self.service_catalog, roles=admin)


def following(page: str, link: str = "Next") -> dict[str, Any]:
    """What the link to the next page says, or the one back."""
    (query,) = set(re.findall(rf'<a href="\?([^"]*)">[^<]*{link}', page))
    return parse_qs(unescape(query))


def rows_of(page: str) -> frozenset[str]:
    """Whose rows are on it."""
    return frozenset(re.findall(r'data-object-id="([^"]*)"', page))
