# SPDX-License-Identifier: Apache-2.0
"""[leases]: how long the start and the end of a lease may hold up all others, and when it gets its hosts."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    "leases",
    title="The start and the end of a lease",
    help="""
Blazar starts and ends all leases of a cloud one after another. What takes longer than these budgets goes on beside
that: a host that is late joins its lease as soon as it is clean, and one whose servers die slowly returns to the
freepool as soon as they are gone.
""",
)

OPTIONS: list[cfg.Opt] = [
    cfg.IntOpt(
        "handover_budget_seconds",
        default=5,
        min=1,
        max=60,
        help="""
How long the start of a lease waits at most for Nova and Placement to look at its hosts and to move them. No server is
ever waited for.
""",
    ),
    cfg.IntOpt(
        "handback_budget_seconds",
        default=2,
        min=0,
        max=600,
        help="""
How long the end of a lease waits at most for its servers to be gone, all its hosts together. Most servers are gone
within a second or two. What takes longer comes back with one of the next polls of the publisher. With a longer wait
more hosts are back at once, and leases that start at the same minute start later: Blazar ends leases first, one after
another, and each may take so long.
""",
    ),
    cfg.BoolOpt(
        "late_binding",
        default=False,
        help="""
Decide once more which hosts a lease gets, shortly before they are closed to new spot instances: those whose spot
instances are cheapest to lose by then. Only leases of whole hosts that have not begun are moved, only before anybody
has been told anything, and none that asked for a host by its name. All that come due within a minute are decided
together. When it is off a lease keeps the hosts that it was given when it was booked.
""",
    ),
]
