# SPDX-License-Identifier: Apache-2.0
"""What anybody may read: which versions there are, and the documents that describe them."""

from typing import Any

import falcon

from blazar_spot.api.document import Document

VERSION = "v1"


def _version(request: falcon.Request) -> dict[str, Any]:
    return {"id": "v1.0", "status": "CURRENT", "links": [{"rel": "self", "href": f"{request.prefix}/{VERSION}/"}]}


class VersionsHandler:
    """In the shape in which OpenStack's clients look for versions."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        resp.media = {"versions": [_version(req)]}


class VersionHandler:
    """The one version that there is."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        resp.media = {"version": _version(req)}


class DocumentHandler:
    """An OpenAPI document."""

    def __init__(self, document: Document) -> None:
        self._text = document.text

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        resp.content_type = falcon.MEDIA_JSON
        resp.text = self._text
