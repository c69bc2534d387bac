# SPDX-License-Identifier: Apache-2.0
"""A claim of one host for an hour, of which tests of the rules make others."""

from blazar_spot.core.promises import Claim, Standing

START = 1_800_000_000
CLAIM = Claim(
    id="c1",
    reservation_id="r1",
    lease_id="l1",
    host="host01",
    service_host="host01",
    start_at=START,
    end_at=START + 3600,
    standing=Standing.FIRM,
    held_until=0,
)
