# SPDX-License-Identifier: Apache-2.0
"""The whole API in one table."""

from dataclasses import dataclass

from blazar_spot.api.document import Document
from blazar_spot.api.handlers.events import AcknowledgementHandler, EventHandler, EventsHandler
from blazar_spot.api.handlers.vendordata import VendordataHandler
from blazar_spot.api.handlers.versions import DocumentHandler, VersionHandler, VersionsHandler
from blazar_spot.enforcement.acknowledging import Acknowledging
from blazar_spot.enforcement.queries import Queries
from blazar_spot.enforcement.watching import Watch


@dataclass(frozen=True, kw_only=True)
class UseCases:
    """What the handlers translate to."""

    queries: Queries
    watch: Watch
    acknowledging: Acknowledging


def table(use_cases: UseCases, document: Document) -> dict[str, object]:
    """Who answers for which path; the document says what each takes and gives."""
    queries, watch = use_cases.queries, use_cases.watch
    return {
        "/": VersionsHandler(),
        "/openapi.json": DocumentHandler(document),
        "/v1": VersionHandler(),
        "/v1/events": EventsHandler(queries, watch),
        "/v1/events/{event_id}": EventHandler(queries),
        "/v1/events/{event_id}/ack": AcknowledgementHandler(queries, use_cases.acknowledging),
        "/v1/vendordata": VendordataHandler(queries),
    }
