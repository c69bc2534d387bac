# SPDX-License-Identifier: Apache-2.0
"""The composition root: configuration in, a working whole out.

The only file that names a port and its adapter together.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from oslo_config import cfg

from blazar_spot import conf as configuration
from blazar_spot.adapters.nova import NovaCompute
from blazar_spot.adapters.placement import PlacementPool
from blazar_spot.adapters.system_clock import SystemClock
from blazar_spot.core.errors import Permanent
from blazar_spot.core.switch import Mode
from blazar_spot.db.engine import Database
from blazar_spot.db.store import SqlStore
from blazar_spot.enforcement.assembly import Whole, assemble
from blazar_spot.enforcement.post import Post
from blazar_spot.enforcement.rounds import Bearer
from blazar_spot.enforcement.sorting import CHANNEL as WEBHOOKS
from blazar_spot.enforcement.sorting import Sorting
from blazar_spot.enforcement.webhooks import Limits, Webhooks
from blazar_spot.ports.channel import Channel
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.courier import Courier
from blazar_spot.ports.hints import Hints
from blazar_spot.ports.keyring import Keyring
from blazar_spot.ports.store import Store
from blazar_spot.ports.surroundings import Bus

if TYPE_CHECKING:
    from blazar_spot.adapters.metrics import Counts
    from blazar_spot.doctor.patient import Patient

__all__ = ["Whole", "api", "assemble", "build", "counts", "hints", "load", "patient", "posts", "webhooks"]

CHANNELS = "blazar_spot.notice"
"""Where channels are found: each entry point is given the configuration and the whole, and makes those who carry the
channel's letters."""


def load(config_file: str | None = None) -> cfg.ConfigOpts:
    """The configuration from this file, or from the usual places."""
    return configuration.load(files=None if config_file is None else [config_file])


def build(conf: cfg.ConfigOpts, clock: Clock | None = None, counts: "Counts | None" = None) -> Whole:
    """The whole over the real cloud and database. Neither is asked anything yet; ``counts`` what they will be asked."""
    session = configuration.session_of(conf)
    if counts is not None:
        counts.requests_of(session)
    tell = None if counts is None else counts.statement
    return assemble(
        store=SqlStore(Database(**configuration.database_of(conf), tell=tell)),
        compute=compute(conf, session),
        pool=PlacementPool(session, **_place(conf)),
        clock=clock or SystemClock(),
        policy=configuration.policy_of(conf),
        sweep_seconds=conf.engine.sweep_seconds,
        list_seconds=conf.engine.list_seconds,
        mode=Mode(conf.engine.mode),
        handover_budget=conf.leases.handover_budget_seconds,
        handback_budget=conf.leases.handback_budget_seconds,
        auto_enrol=conf.engine.auto_enrol,
        headroom_hosts=conf.engine.headroom_hosts,
        channels=frozenset(conf.channels.enabled),
        reaper_seconds=conf.nova.reaper_seconds,
    )


def compute(conf: cfg.ConfigOpts, session: Any = None) -> NovaCompute:
    """Nova, as the service's own user."""
    session, group = session or configuration.session_of(conf), conf.nova
    return NovaCompute(session, freepool_name=group.freepool_name, pci_aliases=group.pci_aliases, **_place(conf))


def _place(conf: cfg.ConfigOpts) -> dict[str, str]:
    return {"region_name": conf.service_auth.region_name, "interface": conf.service_auth.interface}


def api(conf: cfg.ConfigOpts) -> Any:
    """The API as a WSGI application. The database and Keystone are not asked anything yet."""
    from blazar_spot.api.app import application  # the engine and the plugins serve nobody
    from blazar_spot.api.pipeline import pipeline
    from blazar_spot.api.policies import enforcer
    from blazar_spot.api.routes import UseCases
    from blazar_spot.enforcement.acknowledging import Acknowledging
    from blazar_spot.enforcement.bell import Bell
    from blazar_spot.enforcement.engines import Engines
    from blazar_spot.enforcement.interrupting import Interrupting
    from blazar_spot.enforcement.outlook import Outlooks
    from blazar_spot.enforcement.overview import Overviews
    from blazar_spot.enforcement.queries import Queries
    from blazar_spot.enforcement.revising import Revising
    from blazar_spot.enforcement.watching import Watch

    store, clock, bell = SqlStore(Database(**configuration.database_of(conf))), SystemClock(), Bell()
    revising = Revising(store, clock, frozenset(conf.channels.enabled), bell)
    use_cases = UseCases(
        queries=Queries(store),
        watch=Watch(store, clock, conf.api.waiting_at_once),
        acknowledging=Acknowledging(store, revising, bell, clock),
        engines=Engines(store, clock),
        interrupting=Interrupting(store, revising, bell, clock, configuration.policy_of(conf)),
        outlooks=Outlooks(store, clock, configuration.policy_of(conf)),
        overviews=Overviews(store),
        webhooks=webhooks(conf, store, clock) if WEBHOOKS in conf.channels.enabled else None,
        **_of_the_cloud(conf, store, clock),
    )
    return pipeline(application(use_cases, enforcer(conf)), conf)


def patient(conf: cfg.ConfigOpts) -> "Patient":
    """All that an examination looks at. Nobody is asked anything yet."""
    from blazar_spot.adapters.surroundings import CloudSurroundings  # the engine and the plugins examine nothing
    from blazar_spot.db.schema import SqlSchema
    from blazar_spot.doctor.patient import Patient

    session, database = configuration.session_of(conf), Database(**configuration.database_of(conf))
    return Patient(
        clock=SystemClock(),
        store=SqlStore(database),
        schema=SqlSchema(database),
        compute=compute(conf, session),
        pool=PlacementPool(session, **_place(conf)),
        surroundings=CloudSurroundings(session, **_place(conf)),
        bus=_bus(conf),
        keyring=lambda: keyring(conf),
        channels=frozenset(conf.channels.enabled),
        is_auto_enrolling=conf.engine.auto_enrol,
    )


def counts(conf: cfg.ConfigOpts) -> "Counts | None":
    """What an engine counts, from now on to be read by Prometheus; None if nobody is to read it."""
    if not conf.metrics.port:
        return None
    from prometheus_client import CollectorRegistry  # as for hints

    from blazar_spot.adapters.metrics import CloudFigures, Counts, serve
    from blazar_spot.adapters.placement_stock import PlacementStock
    from blazar_spot.db.figures import SqlStatistics

    registry = CollectorRegistry()
    statistics = SqlStatistics(Database(**configuration.database_of(conf)))
    session, place = configuration.session_of(conf), _place(conf)
    pool, stock = PlacementPool(session, **place), PlacementStock(session, **place)
    registry.register(CloudFigures(statistics, pool, stock, SystemClock()))
    found = Counts(registry)
    serve(registry, conf.metrics.address, conf.metrics.port)
    return found


def _bus(conf: cfg.ConfigOpts) -> Bus | None:
    if not conf.notifications.transport_url:
        return None
    from blazar_spot.adapters.listeners import RabbitBus  # as for hints

    return RabbitBus(conf, transport_url=conf.notifications.transport_url, queue=conf.notifications.pool)


def _of_the_cloud(conf: cfg.ConfigOpts, store: Store, clock: Clock) -> dict[str, Any]:
    """The use cases of the API that ask Nova and Placement. Where there is no account to do that with there are only
    plans, which do not know then which hosts are on their way back."""
    from blazar_spot.adapters.placement_stock import PlacementStock  # as above
    from blazar_spot.enforcement.capacity import Capacity
    from blazar_spot.enforcement.closing import Closing
    from blazar_spot.enforcement.draining import Draining
    from blazar_spot.enforcement.flavors import Flavors
    from blazar_spot.enforcement.proposals import Proposals
    from blazar_spot.enforcement.returning import Returning
    from blazar_spot.enforcement.stocks import Stocks

    policy = configuration.policy_of(conf)
    if not configuration.has_account(conf):
        return {"proposals": Proposals(store, clock, policy, lambda _: {})}
    nova, session, place = compute(conf), configuration.session_of(conf), _place(conf)
    pool, stock = PlacementPool(session, **place), PlacementStock(session, **place)
    closing, returning = Closing(store, pool, clock), Returning(store, nova, clock)
    return {
        "closing": closing,
        "draining": Draining(store, pool, clock, policy, closing, returning),
        "proposals": Proposals(store, clock, policy, returning),
        "flavors": Flavors(nova, policy),
        "capacity": Capacity(nova, stock, clock),
        "stocks": Stocks(store, pool, stock, clock, conf.engine.headroom_hosts),
    }


def posts(conf: cfg.ConfigOpts, whole: Whole) -> list[Bearer]:
    """Who carries the letters of each channel that is used. None is connected yet."""
    return [bearer for name in sorted(set(conf.channels.enabled)) for bearer in _driver(name)(conf, whole)]


def _driver(name: str) -> Callable[[cfg.ConfigOpts, Whole], Sequence[Bearer]]:
    from stevedore import driver  # whoever tells nobody looks for no channels
    from stevedore.exception import NoMatches

    try:
        found: Callable[[cfg.ConfigOpts, Whole], Sequence[Bearer]] = driver.DriverManager(CHANNELS, name).driver
    except NoMatches as error:
        raise Permanent(f"enabled in [channels]: there is no channel {name!r}") from error
    return found


def messaging_channel(conf: cfg.ConfigOpts, whole: Whole) -> Sequence[Bearer]:
    """The channel ``messaging``."""
    return [Post(whole.store, "messaging", announcements(conf), whole.clock)]


def webhooks_channel(conf: cfg.ConfigOpts, whole: Whole) -> Sequence[Bearer]:
    """The channel ``webhooks``."""
    from blazar_spot.adapters.cloud_events import CloudEvents  # as for hints
    from blazar_spot.enforcement.bearers import Bearers
    from blazar_spot.enforcement.deliveries import Deliveries

    group = conf.webhooks
    envelopes = CloudEvents(group.source)
    deliveries = Deliveries(
        whole.store, courier(conf, whole.clock), envelopes, keyring(conf), whole.clock, group.disable_after_seconds
    )
    return [Sorting(whole.store, whole.bell.ring), Bearers(deliveries, group.threads, whole.bell.ring)]


def webhooks(conf: cfg.ConfigOpts, store: Store, clock: Clock) -> Webhooks:
    """What the owners of webhooks may do; ``Permanent`` if there is no key for their secrets."""
    group = conf.webhooks
    limits = Limits(group.webhooks_per_project, group.subscriptions_per_webhook, group.old_secret_seconds)
    return Webhooks(store, courier(conf, clock), keyring(conf), clock, limits)


def courier(conf: cfg.ConfigOpts, clock: Clock) -> Courier:
    """Who brings messages to strangers. Nobody is spoken to yet."""
    from blazar_spot.adapters.destinations import Rules  # as for hints
    from blazar_spot.adapters.http_courier import HttpCourier, trusting

    group = conf.webhooks
    rules = Rules(
        allow_http=group.allow_http,
        ports=frozenset(group.ports),
        allowed=tuple(group.allowed_networks),
        denied=tuple(group.denied_networks),
    )
    return HttpCourier(rules, clock, group.timeout_seconds, trusting(group.ca_file))


def keyring(conf: cfg.ConfigOpts) -> Keyring:
    """Who keeps the secrets of webhooks."""
    from blazar_spot.adapters.fernet_keyring import FernetKeyring  # as for hints

    return FernetKeyring(conf.webhooks.encryption_keys)


def announcements(conf: cfg.ConfigOpts) -> Channel:
    """Who speaks on the message bus."""
    group = conf.messaging
    if not group.transport_url:
        raise Permanent("the channel messaging needs transport_url in [messaging]")
    from blazar_spot.adapters.announcements import Announcements  # as for hints

    return Announcements(conf, transport_url=group.transport_url, exchange=group.exchange, topic=group.topic)


def hints(conf: cfg.ConfigOpts) -> Hints | None:
    """Who hears of changes, if somebody is to. Nobody listens yet."""
    if not conf.notifications.transport_url:
        return None
    from blazar_spot.adapters.notifications import NovaHints  # whoever needs no message bus does not load one

    group = conf.notifications
    return NovaHints(
        conf, transport_url=group.transport_url, exchange=group.exchange, topic=group.topic, pool=group.pool
    )
