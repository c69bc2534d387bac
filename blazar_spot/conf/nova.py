# SPDX-License-Identifier: Apache-2.0
"""[nova]: what has a name of its own in this cloud's Nova."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    "nova",
    title="Nova",
    help="What blazar-spot has to know about how Nova is set up in this cloud.",
)

OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "freepool_name",
        default="freepool",
        help="""
The name of the host aggregate in which Blazar keeps the hosts that wait for reservations. Spot instances run on the
hosts of this aggregate. It has to be the same as aggregate_freepool_name in the [nova] group of blazar.conf.
""",
    ),
]
