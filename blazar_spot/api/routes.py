# SPDX-License-Identifier: Apache-2.0
"""The whole API in one table."""

from dataclasses import dataclass

from blazar_spot.api.document import Document, receiver
from blazar_spot.api.handlers.breaches import BreachesHandler
from blazar_spot.api.handlers.capacity import CapacityHandler
from blazar_spot.api.handlers.closures import CloseHandler, ClosuresHandler, DrainHandler, OpenHandler
from blazar_spot.api.handlers.deliveries import DeliveriesHandler, DeliveryHandler, PingHandler, RedeliveryHandler
from blazar_spot.api.handlers.engines import EnginesHandler, SwitchHandler
from blazar_spot.api.handlers.events import AcknowledgementHandler, EventHandler, EventsHandler
from blazar_spot.api.handlers.flavors import EnrolmentHandler, FlavorsHandler
from blazar_spot.api.handlers.instances import InstanceHandler, InstancesHandler
from blazar_spot.api.handlers.interruptions import InterruptionHandler
from blazar_spot.api.handlers.leases import LeasesHandler
from blazar_spot.api.handlers.plans import PlansHandler
from blazar_spot.api.handlers.pools import PoolHandler, PoolsHandler
from blazar_spot.api.handlers.reclaims import ReclaimHandler, ReclaimsHandler
from blazar_spot.api.handlers.vendordata import VendordataHandler
from blazar_spot.api.handlers.versions import DocumentHandler, VersionHandler, VersionsHandler
from blazar_spot.api.handlers.webhooks import (
    SecretHandler,
    SubscriptionHandler,
    SubscriptionsHandler,
    WebhookHandler,
    WebhooksHandler,
)
from blazar_spot.enforcement.acknowledging import Acknowledging
from blazar_spot.enforcement.capacity import Capacity
from blazar_spot.enforcement.closing import Closing
from blazar_spot.enforcement.draining import Draining
from blazar_spot.enforcement.engines import Engines
from blazar_spot.enforcement.flavors import Flavors
from blazar_spot.enforcement.interrupting import Interrupting
from blazar_spot.enforcement.outlook import Outlooks
from blazar_spot.enforcement.overview import Overviews
from blazar_spot.enforcement.proposals import Proposals
from blazar_spot.enforcement.queries import Queries
from blazar_spot.enforcement.stocks import Stocks
from blazar_spot.enforcement.watching import Watch
from blazar_spot.enforcement.webhooks import Webhooks


@dataclass(frozen=True, kw_only=True)
class UseCases:
    """What the handlers translate to."""

    queries: Queries
    watch: Watch
    acknowledging: Acknowledging
    engines: Engines
    interrupting: Interrupting
    outlooks: Outlooks
    overviews: Overviews
    proposals: Proposals
    flavors: Flavors | None = None
    capacity: Capacity | None = None
    stocks: Stocks | None = None
    closing: Closing | None = None
    draining: Draining | None = None
    """None where the API has no account to ask Nova and Placement with: then there are none of their paths."""
    webhooks: Webhooks | None = None
    """None where this cloud has no webhooks: then there are none of their paths."""


def table(use_cases: UseCases, document: Document) -> dict[str, object]:
    """Who answers for which path; the document says what each takes and gives."""
    queries, watch = use_cases.queries, use_cases.watch
    own = {
        "/": VersionsHandler(),
        "/openapi.json": DocumentHandler(document),
        "/receiver.json": DocumentHandler(receiver()),
        "/v1": VersionHandler(),
        "/v1/events": EventsHandler(queries, watch),
        "/v1/events/{event_id}": EventHandler(queries),
        "/v1/events/{event_id}/ack": AcknowledgementHandler(queries, use_cases.acknowledging),
        "/v1/vendordata": VendordataHandler(queries),
        "/v1/engines": EnginesHandler(use_cases.engines),
        "/v1/switch": SwitchHandler(use_cases.engines),
        "/v1/instances/{instance_id}/interrupt": InterruptionHandler(use_cases.interrupting),
    }
    flavors = {} if use_cases.flavors is None else _flavors(use_cases.flavors)
    capacity = {} if use_cases.capacity is None else {"/v1/capacity": CapacityHandler(use_cases.capacity)}
    pools = {} if use_cases.stocks is None else _pools(use_cases.stocks)
    closures = {} if use_cases.closing is None else _closures(use_cases.closing)
    drains = {} if use_cases.draining is None else {"/v1/pools/{host}/drain": DrainHandler(use_cases.draining)}
    webhooks = {} if use_cases.webhooks is None else _webhooks(use_cases.webhooks)
    return own | _reads(use_cases) | flavors | capacity | pools | closures | drains | webhooks


def _flavors(flavors: Flavors) -> dict[str, object]:
    return {
        "/v1/flavors": FlavorsHandler(flavors),
        "/v1/flavors/{flavor_id}/enrol": EnrolmentHandler(flavors),
    }


def _pools(stocks: Stocks) -> dict[str, object]:
    return {"/v1/pools": PoolsHandler(stocks), "/v1/pools/{host}": PoolHandler(stocks)}


def _closures(closing: Closing) -> dict[str, object]:
    return {
        "/v1/closures": ClosuresHandler(closing),
        "/v1/pools/{host}/close": CloseHandler(closing),
        "/v1/pools/{host}/open": OpenHandler(closing),
    }


def _reads(use_cases: UseCases) -> dict[str, object]:
    outlooks, overviews = use_cases.outlooks, use_cases.overviews
    return {
        "/v1/instances": InstancesHandler(outlooks),
        "/v1/instances/{instance_id}": InstanceHandler(outlooks),
        "/v1/leases": LeasesHandler(overviews),
        "/v1/reclaims": ReclaimsHandler(overviews),
        "/v1/reclaims/{reclaim_id}": ReclaimHandler(overviews),
        "/v1/breaches": BreachesHandler(overviews),
        "/v1/plans": PlansHandler(use_cases.proposals),
    }


def _webhooks(webhooks: Webhooks) -> dict[str, object]:
    one = "/v1/webhooks/{webhook_id}"
    return {
        "/v1/webhooks": WebhooksHandler(webhooks),
        one: WebhookHandler(webhooks),
        f"{one}/secret": SecretHandler(webhooks),
        f"{one}/ping": PingHandler(webhooks),
        f"{one}/subscriptions": SubscriptionsHandler(webhooks),
        f"{one}/subscriptions/{{subscription_id}}": SubscriptionHandler(webhooks),
        f"{one}/deliveries": DeliveriesHandler(webhooks),
        f"{one}/deliveries/{{delivery_id}}": DeliveryHandler(webhooks),
        f"{one}/deliveries/{{delivery_id}}/redeliver": RedeliveryHandler(webhooks),
    }
