# SPDX-License-Identifier: Apache-2.0
"""[engine]: how often blazar-spot-engine looks."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    "engine",
    title="The engine",
    help="How often blazar-spot-engine looks at the cloud, and how often it sets it up for spot instances.",
)

OPTIONS: list[cfg.Opt] = [
    cfg.IntOpt(
        "tick_seconds",
        default=5,
        min=1,
        help="""
How often the engine observes the cloud and does what is due. Each step of a reclaim may come late by this much, so
notice_slack_seconds in [policy] has to be longer.
""",
    ),
    cfg.IntOpt(
        "sweep_seconds",
        default=60,
        min=1,
        help="""
How often the engine gives a spot pool to hosts of the freepool that have none, and makes new preemptible flavors
consume the pools. A new host or a new preemptible flavor is of use to spot instances after this long at the latest.
""",
    ),
]
