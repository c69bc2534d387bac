# SPDX-License-Identifier: Apache-2.0
"""What a flavor promises of its own: a shorter minimum uptime or notice than the policy's, never a longer one.

A longer one would need pools that close earlier for it alone. What is longer, or cannot be read, leaves the policy's
value as it is, and somebody is told. How the two are put together is ``policy``'s.
"""

import re
from collections.abc import Mapping

from blazar_spot.core.policy import Policy

MIN_UPTIME = "spot:min_uptime"
NOTICE = "spot:notice"

_DURATION = re.compile(r"(?P<number>[0-9]{1,9}) ?(?P<unit>[a-z]*)")
_SECONDS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}
_LONGEST = 366 * 24 * 3600
"""No policy promises as much, so more makes no difference."""


def own(extra_specs: Mapping[str, str], key: str) -> int | None:
    """The flavor's own value in seconds, None if it has none that can be read."""
    found = _DURATION.fullmatch(extra_specs.get(key, "").strip().lower())
    if found is None or found["unit"] not in _SECONDS:
        return None
    return min(int(found["number"]) * _SECONDS[found["unit"]], _LONGEST)


def disregarded(extra_specs: Mapping[str, str], policy: Policy) -> list[str]:
    """A sentence for each value of the flavor that is not what its instances are promised."""
    found = []
    for key, most in ((MIN_UPTIME, policy.min_uptime), (NOTICE, policy.notice)):
        if key not in extra_specs:
            continue
        value = own(extra_specs, key)
        if value is None:
            found.append(f"{key}={extra_specs[key]!a} is not a time such as 600, 600s, 10m or 1h; {most} s hold")
        elif value > most:
            found.append(f"{key}={extra_specs[key]!a} is longer than the policy's {most} s, which hold")
    return found
