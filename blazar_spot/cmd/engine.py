# SPDX-License-Identifier: Apache-2.0
"""``blazar-spot-engine``: reclaims, notices and the ledger, until SIGTERM.

Any number of these may run over one database. SIGTERM and SIGINT let the running tick end first. Exit status: 0
stopped or, with ``--once``, the tick went through; 1 the one tick failed; 2 the configuration is wrong.
"""

import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread

from oslo_config import cfg
from oslo_log import log

from blazar_spot import conf as configuration
from blazar_spot.adapters.system_clock import SystemClock
from blazar_spot.core.errors import SpotError
from blazar_spot.core.switch import Mode
from blazar_spot.enforcement import loop
from blazar_spot.enforcement.bell import Bell
from blazar_spot.enforcement.pulse import Pulse
from blazar_spot.enforcement.rounds import Bearer

PROGRAM = "blazar-spot-engine"
LOG = log.getLogger(__name__)

PATIENCE_SECONDS = 5
"""How long a channel may keep the process from ending; what it has not sent then is sent by the next one."""

ONCE = cfg.BoolOpt("once", default=False, help="Do one tick and stop.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the engine; the exit status."""
    try:
        conf = _parsed(sys.argv[1:] if arguments is None else arguments)
        from blazar_spot.wiring import build, counts, hints, posts  # not for those who only ask for help

        clock = SystemClock()
        meter = None if conf.once else counts(conf)
        whole, ear = build(conf, clock, meter), hints(conf)
        bearers = posts(conf, whole)
        pace = loop.Pace(conf.engine.tick_seconds, conf.engine.deleting_tick_seconds, conf.engine.backoff_seconds)
    except (cfg.Error, SpotError) as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 2
    if conf.once:
        return _once(whole.engine, bearers)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: clock.interrupt())
    pulse = Pulse(whole.store, clock, Mode(conf.engine.mode), socket.gethostname(), os.getpid())
    if ear is not None:
        ear.listen(pulse.hearing(clock.wake if meter is None else meter.hearing(clock.wake)))
    with _carrying(bearers, whole.bell):
        loop.run(
            whole.engine if meter is None else meter.timed(whole.engine), clock, clock.wait, pace, at_work, pulse.beat
        )
    return 0


def at_work() -> None:
    """The first tick went through: all instances are known from now on, and most of them stay as they are.

    The garbage collector need not look through all of them again and again, which takes longer than most ticks do: for
    100,000 of them 0.1 s. What is replaced or dropped is freed without it.
    """
    gc.collect()
    gc.freeze()
    LOG.info("The engine is at work")


def _once(engine: loop.Ticking, posts: Sequence[Bearer]) -> int:
    try:
        engine.tick()
    except SpotError as error:
        print(f"{PROGRAM}: the tick did not go through: {error}", file=sys.stderr)
        return 1
    for post in posts:
        post.turn()
    return 0


@contextmanager
def _carrying(posts: Sequence[Bearer], bell: Bell) -> Iterator[None]:
    """Let each carry its letters on a thread of its own, at once when the bell rings; in the end each may finish what
    it is at, for a while."""
    clocks = [SystemClock(rest_seconds=0) for _ in posts]
    threads = [Thread(target=post.run, args=(one.wait,), daemon=True) for post, one in zip(posts, clocks, strict=True)]
    for clock, thread in zip(clocks, threads, strict=True):
        bell.heard_by(clock.wake)
        thread.start()
    try:
        yield
    finally:
        for clock in clocks:
            clock.interrupt()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)


def _parsed(arguments: Sequence[str]) -> cfg.ConfigOpts:
    conf = configuration.declared()
    conf.register_cli_opt(ONCE)
    conf(list(arguments), project=configuration.PROJECT, prog=PROGRAM)
    log.setup(conf, configuration.PROJECT)
    return conf
