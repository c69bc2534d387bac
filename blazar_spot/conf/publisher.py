# SPDX-License-Identifier: Apache-2.0
"""[publisher]: how often Blazar's leases become claims."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    "publisher",
    title="The publisher",
    help="The publisher runs inside blazar-manager and turns Blazar's committed leases into claims for the engine.",
)

OPTIONS: list[cfg.Opt] = [
    cfg.IntOpt(
        "interval_seconds",
        default=5,
        min=1,
        max=60,
        help="""
How often the publisher reads Blazar's leases. A lease that was moved or deleted is known to the engine after this
long at the latest, and a host that was late joins its lease after this long.
""",
    ),
]
