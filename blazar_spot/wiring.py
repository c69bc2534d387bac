# SPDX-License-Identifier: Apache-2.0
"""The composition root: configuration in, a working whole out.

The only file that names a port and its adapter together.
"""

from collections.abc import Callable
from typing import Any

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
from blazar_spot.ports.channel import Channel
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.hints import Hints

__all__ = ["Whole", "announcements", "api", "assemble", "build", "hints", "load", "posts"]

CHANNELS = "blazar_spot.notice"
"""Where channels are found: each entry point makes one from the configuration."""


def load(config_file: str | None = None) -> cfg.ConfigOpts:
    """The configuration from this file, or from the usual places."""
    return configuration.load(files=None if config_file is None else [config_file])


def build(conf: cfg.ConfigOpts, clock: Clock | None = None) -> Whole:
    """The whole over the real cloud and database. Neither is asked anything yet."""
    session = configuration.session_of(conf)
    place = {"region_name": conf.service_auth.region_name, "interface": conf.service_auth.interface}
    return assemble(
        store=SqlStore(Database(**configuration.database_of(conf))),
        compute=NovaCompute(session, freepool_name=conf.nova.freepool_name, **place),
        pool=PlacementPool(session, **place),
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


def api(conf: cfg.ConfigOpts) -> Any:
    """The API as a WSGI application. The database and Keystone are not asked anything yet."""
    from blazar_spot.api.app import application  # the engine and the plugins serve nobody
    from blazar_spot.api.pipeline import pipeline
    from blazar_spot.api.policies import enforcer
    from blazar_spot.api.routes import UseCases
    from blazar_spot.enforcement.acknowledging import Acknowledging
    from blazar_spot.enforcement.bell import Bell
    from blazar_spot.enforcement.queries import Queries
    from blazar_spot.enforcement.revising import Revising
    from blazar_spot.enforcement.watching import Watch

    store, clock, bell = SqlStore(Database(**configuration.database_of(conf))), SystemClock(), Bell()
    revising = Revising(store, clock, frozenset(conf.channels.enabled), bell)
    use_cases = UseCases(
        queries=Queries(store),
        watch=Watch(store, clock, conf.api.waiting_at_once),
        acknowledging=Acknowledging(store, revising, bell, clock),
    )
    return pipeline(application(use_cases, enforcer(conf)), conf)


def posts(conf: cfg.ConfigOpts, whole: Whole) -> list[Post]:
    """One for each channel that is used. None is connected yet."""
    from stevedore import driver  # whoever tells nobody looks for no channels
    from stevedore.exception import NoMatches

    found = []
    for name in sorted(set(conf.channels.enabled)):
        try:
            make: Callable[[cfg.ConfigOpts], Channel] = driver.DriverManager(CHANNELS, name).driver
        except NoMatches as error:
            raise Permanent(f"enabled in [channels]: there is no channel {name!r}") from error
        found.append(Post(whole.store, name, make(conf), whole.clock))
    return found


def announcements(conf: cfg.ConfigOpts) -> Channel:
    """The channel ``messaging``."""
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
