# SPDX-License-Identifier: Apache-2.0
"""Figures for Prometheus: what the database tells when it is asked, and what this process has counted itself.

The names are an interface: ``etc/blazar-spot/alerts.yaml`` and whoever draws them rely on them. A scrape in which the
database or Placement does not answer says so and has the rest.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from keystoneauth1.session import Session
from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from blazar_spot.core.errors import Permanent, SpotError
from blazar_spot.core.figures import Figures, Waiting, quantile
from blazar_spot.core.reclaim import ENDED, State
from blazar_spot.core.record import Cause
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.figures import Statistics
from blazar_spot.ports.pool import Pool
from blazar_spot.ports.stock import Stock

LOG = logging.getLogger(__name__)

PREFIX = "blazar_spot_"
QUANTILES = (0.0, 0.5, 0.95, 1.0)
TICK_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Ticking(Protocol):
    """What is timed."""

    def tick(self) -> bool:
        """One tick."""

    def refill(self) -> None:
        """What is done between two of them."""


class CloudFigures(Collector):
    """Worked out anew at each scrape."""

    def __init__(self, statistics: Statistics, pool: Pool, stock: Stock, clock: Clock) -> None:
        self._statistics = statistics
        self._pool = pool
        self._stock = stock
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        yield from self._answered("database", lambda: told(self._statistics.figures(self._clock.now())))
        yield from self._answered("placement", self._pools)

    def _answered(self, who: str, ask: Callable[[], Iterable[Metric]]) -> Iterator[Metric]:
        found: list[Metric] = []
        try:
            found = list(ask())
        except SpotError as error:
            LOG.warning("No figures from the %s: %s", who, error)
        yield _number(f"{who}_up", f"Whether the {who} answered this scrape.", int(bool(found)))
        yield from found

    def _pools(self) -> Iterator[Metric]:
        sights = self._pool.pools().values()
        closed = sum(sight.is_closed for sight in sights)
        states = {"closed": closed, "open": len(sights) - closed}
        yield _gauge("pools", "Spot pools, by whether new instances may come.", states, "state")
        free: dict[str, int] = {}
        for left in self._stock.free().values():
            free |= {name: free.get(name, 0) + max(amount, 0) for name, amount in left.items()}
        yield _gauge("free", "What new spot instances can have of all pools.", free, "resource_class")


def told(figures: Figures) -> Iterator[Metric]:
    """The figures by their names. What can be counted is there with 0 too, so that alerts have something to look at."""
    open_states = {state.value: figures.reclaims.get(state, 0) for state in State if state not in ENDED}
    yield _gauge("reclaims", "Reclaims that have not ended, by state.", open_states, "state")
    causes = {cause.value: figures.breaches.get(cause, 0) for cause in Cause}
    yield _gauge("breaches_last_hour", "Broken promises on record, by cause.", causes, "cause")
    yield _quantiles("start_delay", "From the start of a reservation to a host's hand-over.", figures.start_delays)
    yield _quantiles("notice_lead", "From when a notice could be read to its deadline.", figures.notice_leads)
    yield _quantiles("deletion", "From the request to when an instance was seen gone.", figures.deletions)
    yield from _outbox(figures)
    yield _number("instances", "Spot instances.", figures.instances)
    yield _number("hosts_with_instances", "Hosts on which there are any.", figures.hosts_with_instances)
    yield _gauge("held", "What they have of their hosts.", figures.held, "resource_class")
    yield _gauge("engines", "Engines over this database, by how they do.", figures.engines, "state")
    yield _number("paused", "Whether evictions are paused.", int(figures.is_paused))


def _outbox(figures: Figures) -> Iterator[Metric]:
    letters, waiting = figures.letters, figures.deliveries_waiting
    counts = {channel: one.count for channel, one in letters.items()}
    ages = {channel: _age(one, figures.at) for channel, one in letters.items()}
    yield _gauge("letters", "Letters that wait for their channel.", counts, "channel")
    yield _gauge("oldest_letter_seconds", "How long the first of them has waited.", ages, "channel")
    outcomes = {state: figures.deliveries.get(state, 0) for state in ("delivered", "abandoned")}
    yield _gauge("deliveries_last_hour", "Deliveries to webhooks, by outcome.", outcomes, "outcome")
    yield _number("deliveries_pending", "Deliveries that wait.", waiting.count if waiting else 0)
    oldest = _age(waiting, figures.at) if waiting else 0
    yield _number("oldest_delivery_seconds", "How long the first of them has waited.", oldest)


def _age(waiting: Waiting, now: int) -> int:
    return max(now - waiting.since, 0)


def _quantiles(name: str, what: str, values: Any) -> Metric:
    """Of an hour in which nothing happened there is nothing to say."""
    found = {str(share): quantile(values, share) for share in QUANTILES}
    samples = {labels: value for labels, value in found.items() if value is not None}
    return _gauge(f"{name}_seconds", f"{what} Of the last hour.", samples, "quantile")


def _gauge(name: str, what: str, samples: Mapping[str, float], label: str) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, what, labels=[label])
    for value, number in samples.items():
        family.add_metric([value], number)
    return family


def _number(name: str, what: str, number: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, what, value=number)


class Counts:
    """What this process counts itself."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._ticks = Histogram(
            PREFIX + "tick_seconds",
            "How long ticks take, by whether they went through.",
            ["outcome"],
            buckets=TICK_BUCKETS,
            registry=registry,
        )
        self._requests = Counter(
            PREFIX + "requests_total",
            "Requests to Nova, Placement and Keystone.",
            ["method", "status"],
            registry=registry,
        )
        self._statements = Counter(PREFIX + "statements_total", "Statements to the database.", registry=registry)
        self._hints = Counter(
            PREFIX + "hints_total", "Notifications of Nova that were about a spot instance.", registry=registry
        )
        for outcome in ("done", "failed"):
            self._ticks.labels(outcome)

    def statement(self) -> None:
        self._statements.inc()

    def hearing(self, wake: Callable[[], None]) -> Callable[[], None]:
        """What to call for a hint: it is counted, and then whoever waits for it is woken."""

        def hear() -> None:
            self._hints.inc()
            wake()

        return hear

    def timed(self, engine: Ticking) -> "TimedEngine":
        return TimedEngine(engine, self._ticks)

    def requests_of(self, session: Session) -> None:
        """Count what this session sends from now on."""

        def count(response: Any, *_: object, **__: object) -> None:
            self._requests.labels(response.request.method, str(response.status_code)).inc()

        session.session.hooks["response"].append(count)


class TimedEngine:
    """An engine whose ticks are timed."""

    def __init__(self, engine: Ticking, seconds: Histogram) -> None:
        self._engine = engine
        self._seconds = seconds

    def tick(self) -> bool:
        outcome = "failed"
        with self._seconds.time() as timer:
            try:
                is_deleting = self._engine.tick()
                outcome = "done"
            finally:
                timer.labels(outcome)
        return is_deleting

    def refill(self) -> None:
        self._engine.refill()


def serve(registry: CollectorRegistry, address: str, port: int) -> None:
    """Answer on a thread of its own for as long as the process runs."""
    try:
        start_http_server(port, addr=address, registry=registry)
    except OSError as error:
        raise Permanent(f"[metrics] {address}:{port} cannot be listened at: {error}") from error
