# SPDX-License-Identifier: Apache-2.0
"""Nova's flavors over HTTP, as openstacksdk asks for them, out of the world behind ``FakeCloud``.

So a command and the service's engine look at the same flavors. What the real Nova says is tried on the dev cloud.
"""

from dataclasses import replace
from typing import Any

import falcon

from blazar_spot.core.flavors import Flavor
from blazar_spot.testing.cloud import FakeCloud


class NovaStandIn:
    """A flavor's name is its id; ``projects`` has who may use a private one, and no entry for a public one."""

    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud = cloud
        self.projects: dict[str, list[str]] = {}
        self.refuses_extra_specs = False

    def application(self) -> "falcon.App[falcon.Request, falcon.Response]":
        app = falcon.App()
        app.add_route("/v2.1", self, suffix="version")
        app.add_route("/v2.1/flavors", self, suffix="list")
        app.add_route("/v2.1/flavors/detail", self, suffix="list")
        app.add_route("/v2.1/flavors/{name}", self, suffix="one")
        app.add_route("/v2.1/flavors/{name}/os-extra_specs", self, suffix="specs")
        app.add_route("/v2.1/flavors/{name}/os-flavor-access", self, suffix="access")
        app.add_route("/v2.1/flavors/{name}/action", self, suffix="action")
        return app

    def on_get_version(self, req: falcon.Request, resp: falcon.Response) -> None:
        links = [{"rel": "self", "href": f"{req.prefix}/v2.1/"}]
        about = {"id": "v2.1", "status": "CURRENT", "version": "2.96", "min_version": "2.1", "links": links}
        resp.media = {"version": about}

    def _record(self, name: str) -> dict[str, Any]:
        flavor = self._cloud.flavors[name]
        return {
            "id": name,
            "name": name,
            "vcpus": flavor.vcpus,
            "ram": flavor.memory_mb,
            "disk": flavor.disk_gb,
            "swap": flavor.swap_mb,
            "OS-FLV-EXT-DATA:ephemeral": 0,
            "rxtx_factor": 1.0,
            "os-flavor-access:is_public": name not in self.projects,
            "extra_specs": dict(flavor.extra_specs),
        }

    def on_get_list(self, req: falcon.Request, resp: falcon.Response) -> None:
        everybodys = req.get_param("is_public") == "None"
        names = [name for name in self._cloud.flavors if everybodys or name not in self.projects]
        resp.media = {"flavors": [self._record(name) for name in names]}

    def on_post_list(self, req: falcon.Request, resp: falcon.Response) -> None:
        wanted = req.get_media()["flavor"]
        if wanted["name"] in self._cloud.flavors:
            raise falcon.HTTPConflict(description="There is a flavor of this name.")
        self._cloud.add_flavor(
            Flavor(name=wanted["name"], vcpus=wanted["vcpus"], memory_mb=wanted["ram"], disk_gb=wanted["disk"])
        )
        if not wanted["os-flavor-access:is_public"]:
            self.projects[wanted["name"]] = []
        resp.media = {"flavor": self._record(wanted["name"])}

    def on_get_one(self, _req: falcon.Request, resp: falcon.Response, name: str) -> None:
        if name not in self._cloud.flavors:
            raise falcon.HTTPNotFound
        resp.media = {"flavor": self._record(name)}

    def on_delete_one(self, _req: falcon.Request, resp: falcon.Response, name: str) -> None:
        del self._cloud.flavors[name]
        resp.status = falcon.HTTP_202

    def on_post_specs(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        if self.refuses_extra_specs:
            raise falcon.HTTPBadRequest(description="Such extra specs are not valid.")
        before, more = self._cloud.flavors[name], req.get_media()["extra_specs"]
        self._cloud.flavors[name] = replace(before, extra_specs={**before.extra_specs, **more})
        resp.media = {"extra_specs": more}

    def on_get_access(self, _req: falcon.Request, resp: falcon.Response, name: str) -> None:
        resp.media = {"flavor_access": [{"flavor_id": name, "tenant_id": one} for one in self.projects[name]]}

    def on_post_action(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        self.projects[name].append(req.get_media()["addTenantAccess"]["tenant"])
        resp.media = {}
