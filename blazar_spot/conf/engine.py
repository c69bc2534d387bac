# SPDX-License-Identifier: Apache-2.0
"""[engine]: how often blazar-spot-engine looks."""

from oslo_config import cfg

from blazar_spot.core.switch import Mode

GROUP = cfg.OptGroup(
    "engine",
    title="The engine",
    help="How often blazar-spot-engine looks at the cloud, and how often it sets it up for spot instances.",
)

OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "mode",
        default=Mode.ENFORCE.value,
        choices=[
            (Mode.OBSERVE.value, "keep the ledger and the plans, and write nothing to the cloud"),
            (Mode.PROTECT.value, "also close pools and give notices, and evict nobody"),
            (Mode.ENFORCE.value, "also evict"),
        ],
        help="""
How far the engine goes. Try a new cloud with observe and look at what would be done. With anything but enforce the
hosts of reservations are not emptied: reservations on hosts with spot instances start degraded. To stop evictions for
a while, without a restart and on all engines at once, use "blazar-spot-manage engine pause".
""",
    ),
    cfg.BoolOpt(
        "auto_enrol",
        default=True,
        help="""
Whether the engine adds to each preemptible flavor (extra spec blazar:preemptible=true) the resources that make its
instances consume the spot pools. If this is off, a warning names each preemptible flavor without them: its instances
cannot be kept off hosts that are about to be reclaimed.
""",
    ),
    cfg.IntOpt(
        "deleting_tick_seconds",
        default=2,
        min=1,
        max=60,
        help="""
How often the engine looks who is on the hosts while instances are being deleted, if that is less than tick_seconds.
In between it asks each second which deletes have ended, and sends the next ones, as many as parallel_deletes in
[policy] leaves room for.
""",
    ),
    cfg.IntOpt(
        "backoff_seconds",
        default=40,
        min=1,
        max=3600,
        help="""
The longest wait between two ticks while the cloud or the database does not answer. The wait doubles from
tick_seconds on with each tick that fails. The log says since when nothing works.
""",
    ),
    cfg.IntOpt(
        "headroom_hosts",
        default=0,
        min=0,
        max=100000,
        help="""
How many hosts of the freepool to keep free of spot instances, for reservations that start at once. Hosts without spot
instances are taken first, and of these the ones that are not reserved for the longest time. Nobody is evicted for
this: if no host is empty, the ones with the fewest instances take no more and empty by themselves. When a reservation
takes such a host, another one takes its place.
""",
    ),
    cfg.IntOpt(
        "tick_seconds",
        default=5,
        min=1,
        max=60,
        help="""
How often the engine observes the cloud and does what is due. Each step of a reclaim may come late by this much, so
notice_slack_seconds in [policy] has to be longer.
""",
    ),
    cfg.IntOpt(
        "list_seconds",
        default=600,
        min=0,
        max=86400,
        help="""
How often the whole list of spot servers is read, at 1000 servers a tick. Between two lists the engine asks for what
has changed, and on hosts that are to be freed it looks itself, so this is only how long something can stay unseen that
Nova did not tell as a change.
""",
    ),
    cfg.IntOpt(
        "sweep_seconds",
        default=60,
        min=1,
        max=3600,
        help="""
How often the engine looks for new hosts, for hosts that have got more or fewer resources, for spot pools that
somebody has edited or deleted by hand, and for new preemptible flavors. Each of these is put right after this long at
the latest.
""",
    ),
]
