# SPDX-License-Identifier: Apache-2.0
"""The words for a type checker say what the API's own document says."""

from typing import Any, is_typeddict

import pytest

from blazar_spot.api import document
from blazar_spot.client import documents

KINDS = {name: kind for name, kind in vars(documents).items() if is_typeddict(kind)}
CONTENT: dict[str, Any] = document.service().content
SCHEMAS: dict[str, Any] = CONTENT["components"]["schemas"]
CAPACITY = CONTENT["paths"]["/v1/capacity"]["get"]["responses"]["200"]["content"]
WITHIN = {
    "Capacity": CAPACITY[document.JSON]["schema"],
    "PlannedVictim": SCHEMAS["Plan"]["properties"]["victims"]["items"],
    "Blocker": SCHEMAS["Plan"]["properties"]["blockers"]["items"],
    "Resource": SCHEMAS["Pool"]["properties"]["resources"]["items"],
    "OpenEvent": SCHEMAS["Instance"]["properties"]["event"]["oneOf"][0],
    "Counts": SCHEMAS["Reclaim"]["properties"]["counts"],
}
"""Those that the API describes where it uses them."""


@pytest.mark.parametrize("name", KINDS)
def test_a_document_has_the_fields_that_the_api_describes(name: str) -> None:
    described = (SCHEMAS | WITHIN)[name]
    assert KINDS[name].__required_keys__ == set(described["required"])
    assert KINDS[name].__required_keys__ | KINDS[name].__optional_keys__ == set(described["properties"])


def test_there_are_documents() -> None:
    assert {"Event", "Webhook", "Delivery"} <= set(KINDS)
