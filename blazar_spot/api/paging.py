# SPDX-License-Identifier: Apache-2.0
"""Links to the next page, and instants as those outside see them.

What a marker means is for the handler that gives it out; in most lists it is a ``core.pages.Mark``.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import falcon

from blazar_spot.core import instants
from blazar_spot.core.pages import Mark

NOT_AGAIN = ("wait", "incarnation")
"""Nobody waits for a second page."""


def following(req: falcon.Request, marker: str) -> dict[str, str]:
    """The same question, from this marker on."""
    kept = {name: value for name, value in req.params.items() if name not in NOT_AGAIN}
    words = urlencode(kept | {"marker": marker}, doseq=True)
    return {"rel": "next", "href": f"{req.prefix}{req.path}?{words}"}


def mark(query: Mapping[str, Any]) -> Mark | None:
    """Where the question goes on; the document has seen to the marker's form."""
    if query["marker"] is None:
        return None
    at, _, one = query["marker"].partition("-")
    return Mark(int(at), one)


def links(req: falcon.Request, more_after: Mark | None) -> list[dict[str, str]]:
    """The link to the same question from there on, if there is more."""
    return [] if more_after is None else [following(req, f"{more_after.at}-{more_after.id}")]


def iso(instant: int | None) -> str | None:
    """The instant in ISO 8601, if there is one."""
    return None if instant is None else instants.iso(instant)
