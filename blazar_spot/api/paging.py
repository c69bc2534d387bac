# SPDX-License-Identifier: Apache-2.0
"""Links to the next page. What a marker means is for the handler that gives it out."""

from urllib.parse import urlencode

import falcon

NOT_AGAIN = ("wait", "incarnation")
"""Nobody waits for a second page."""


def following(req: falcon.Request, marker: str) -> dict[str, str]:
    """The same question, from this marker on."""
    kept = {name: value for name, value in req.params.items() if name not in NOT_AGAIN}
    words = urlencode(kept | {"marker": marker}, doseq=True)
    return {"rel": "next", "href": f"{req.prefix}{req.path}?{words}"}
