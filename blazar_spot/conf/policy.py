# SPDX-License-Identifier: Apache-2.0
"""[policy]: what is promised to whom, in numbers.

The options mirror the fields of ``core.policy.Policy`` one by one; what may not be combined is decided there, once.
``lease_admission`` says in words what is a yes or no there.
"""

from dataclasses import fields

from oslo_config import cfg

from blazar_spot.core.errors import ContradictoryPolicy
from blazar_spot.core.policy import Policy

GROUP = cfg.OptGroup(
    "policy",
    title="What is promised",
    help="""
The numbers behind the promises to the users of spot instances and to the owners of reservations. For a reservation
that starts at S, the first instance is deleted at T = S - lead, notices are written notice_seconds +
notice_slack_seconds before T, and a host takes no new spot instances from min_uptime_seconds +
boot_allowance_seconds before T on. A process does not start with numbers that contradict each other.
""",
)

_DEFAULTS = Policy()

OPTIONS: list[cfg.Opt] = [
    cfg.IntOpt(
        "min_uptime_seconds",
        default=_DEFAULTS.min_uptime,
        min=0,
        max=604800,
        help="""
How long every spot instance may run at the least, counted from the first instant it was ACTIVE. A flavor may say less
for its own instances, with the extra spec spot:min_uptime. A host is closed to
new spot instances this long, and boot_allowance_seconds more, before its instances are deleted for a reservation. So
a longer minimum uptime leaves hosts idle for longer before each reservation.
""",
    ),
    cfg.IntOpt(
        "notice_seconds",
        default=_DEFAULTS.notice,
        min=0,
        max=604800,
        help="""
How long before its end a spot instance is told at the least. A flavor may say less for its own instances, with the
extra spec spot:notice. The time runs from the instant at which the instance
could read the notice, not from the one at which it was decided.
""",
    ),
    cfg.IntOpt(
        "notice_slack_seconds",
        default=_DEFAULTS.notice_slack,
        min=0,
        max=3600,
        help="""
How much earlier than notice_seconds notices are written, so that the full notice remains when they can be read. It
must cover one tick of the engine, the write itself, and the time that Nova's metadata service keeps an old answer
([api] metadata_cache_expiration in nova.conf, 15 seconds by default).
""",
    ),
    cfg.IntOpt(
        "boot_allowance_seconds",
        default=_DEFAULTS.boot_allowance,
        min=0,
        max=3600,
        help="""
How long a spot instance takes at most from the request to its first ACTIVE. Until it is ACTIVE its minimum uptime is
counted from its creation plus this. An instance that takes longer is still told in time, but its uptime is shorter
than promised by what it took longer.
""",
    ),
    cfg.IntOpt(
        "lead_floor_seconds",
        default=_DEFAULTS.lead_floor,
        min=0,
        max=86400,
        help="""
The least time between the first delete and the start of the reservation, however few instances there are.
""",
    ),
    cfg.IntOpt(
        "delete_takes_seconds",
        default=_DEFAULTS.delete_takes,
        min=0,
        max=3600,
        help="""
How long one delete takes on this cloud, as a rule. With parallel_deletes it tells how long before the start the first
delete of a big reservation has to be sent.
""",
    ),
    cfg.IntOpt(
        "delete_p99_seconds",
        default=_DEFAULTS.delete_p99,
        min=0,
        max=3600,
        help="""
How long the slowest one of a hundred deletes takes. It is added to the lead of every reservation, and a plain delete
that has taken longer is followed by a forced one. Where Nova only marks what is deleted (reclaim_instance_interval),
the forced one follows as soon as the mark is seen: count both.
""",
    ),
    cfg.IntOpt(
        "shutdown_allowance_seconds",
        default=_DEFAULTS.shutdown_allowance,
        min=0,
        max=3600,
        help="""
How long the guest of a spot instance may take to shut down before it is deleted. 0, the default, does not ask it to:
the notice was the time to prepare. Any other value is part of the lead, so hosts are emptied that much earlier.
""",
    ),
    cfg.IntOpt(
        "force_allowance_seconds",
        default=_DEFAULTS.force_allowance,
        min=0,
        max=3600,
        help="""
How long a forced delete may take before the state of the server is reset, which ends a task that hangs, and the
delete is forced again.
""",
    ),
    cfg.IntOpt(
        "reset_allowance_seconds",
        default=_DEFAULTS.reset_allowance,
        min=0,
        max=3600,
        help="""
How long the forced delete after a reset may take before an alarm is logged and the breach is put on record. The
delete is then forced again and again at this interval.
""",
    ),
    cfg.IntOpt(
        "parallel_deletes",
        default=_DEFAULTS.parallel_deletes,
        min=1,
        max=10000,
        help="""
How many deletes the cloud works on at the same time without each of them getting slower.
""",
    ),
    cfg.IntOpt(
        "parallel_deletes_per_host",
        default=_DEFAULTS.parallel_deletes_per_host,
        min=1,
        max=10000,
        help="""
How many of these may be on one host. A hypervisor that deletes one instance after another gains nothing from being
asked for all at once.
""",
    ),
    cfg.IntOpt(
        "spots_per_host",
        default=_DEFAULTS.spots_per_host,
        min=1,
        max=10000,
        help="""
How many spot instances one host can hold at the most. The lead is computed for full hosts, since what will run on a
host when it is reclaimed is not known when the reservation is made.
""",
    ),
    cfg.IntOpt(
        "answer_allowance_seconds",
        default=_DEFAULTS.answer_allowance,
        min=0,
        max=3600,
        help="""
How long somebody whose reservation was refused may take to ask again with the earliest start that they were told. It
is added to that start before it is rounded up to the whole minute.
""",
    ),
    cfg.IntOpt(
        "hold_for_seconds",
        default=_DEFAULTS.hold_for,
        min=0,
        max=3600,
        help="""
How long hosts are held for a reservation that Blazar has not committed yet. After that the hold expires, since the
request that made it must have failed.
""",
    ),
    cfg.StrOpt(
        "lease_admission",
        default="refuse",
        choices=[
            ("refuse", "A lease whose start would break a promise to a spot instance is refused."),
            ("breach", "It is accepted, and each promise that it breaks is put on record."),
        ],
        help="""
What becomes of a lease that could start in time only if spot instances had less notice or less uptime than they were
promised. With ``breach`` such instances are told at once and deleted when the lease needs their host; a lease for which
nobody's promise has to be broken is served as before.
""",
    ),
]


_IN_WORDS = "breaks_promises"
_NUMBERS = ("parallel_deletes", "parallel_deletes_per_host", "spots_per_host")


def option_of(field: str) -> str:
    """The option that holds this field of the policy: a duration says its unit."""
    return field if field in _NUMBERS else f"{field}_seconds"


def policy_of(conf: cfg.ConfigOpts) -> Policy:
    """The configured policy; ``ContradictoryPolicy`` if its numbers cannot hold together."""
    group = conf[GROUP.name]
    numbers = {field.name: group[option_of(field.name)] for field in fields(Policy) if field.name != _IN_WORDS}
    policy = Policy(**numbers, breaks_promises=group.lease_admission == "breach")
    if conf.engine.tick_seconds >= policy.notice_slack:
        raise ContradictoryPolicy(
            f"tick_seconds in [engine] ({conf.engine.tick_seconds} s) must be shorter than notice_slack_seconds "
            f"({policy.notice_slack} s): a notice may be written a whole tick after it is due."
        )
    return policy
