# SPDX-License-Identifier: Apache-2.0
"""The demo's cloud: everything as in production, but minutes are seconds.

These are ordinary options of `blazar-spot.conf` and `nova.conf`; no line of the product knows that it is in a demo.
"""

from blazar_spot.devcloud.hosts import HostSpec, name_hosts
from blazar_spot.devcloud.site import Options, Override

NOTICE_SECONDS = 20
MIN_UPTIME_SECONDS = 30
DELETE_SECONDS = 3.0
METADATA_CACHE_SECONDS = 1
"""So old may be what a guest reads."""
GPUS = 8

_SPOT = {
    "policy": {
        "notice_seconds": NOTICE_SECONDS,
        "notice_slack_seconds": 3,
        "min_uptime_seconds": MIN_UPTIME_SECONDS,
        "boot_allowance_seconds": 10,
        "lead_floor_seconds": 10,
        "delete_takes_seconds": 3,
        "delete_p99_seconds": 8,
        "spots_per_host": GPUS,
        "answer_allowance_seconds": 15,
    },
    "engine": {"tick_seconds": 1, "sweep_seconds": 1},
    "publisher": {"interval_seconds": 1},
}


def options(plugin: str, specs: list[HostSpec] | None = None) -> Options:
    """A cloud with compressed time: one host of eight GPUs unless others are wished for."""
    return Options(
        hosts=name_hosts(specs or [HostSpec(vcpus=96, memory_gib=384, gpus=GPUS)]),
        plugin=plugin,
        delete_seconds=DELETE_SECONDS,
        metadata_cache_seconds=METADATA_CACHE_SECONDS,
        overrides=tuple(
            Override("spot", section, option, str(value))
            for section, options in _SPOT.items()
            for option, value in options.items()
        ),
    )
