# SPDX-License-Identifier: Apache-2.0
"""A lease that cannot be served in time is refused when it is asked for, and nothing of it stays."""

import re

from blazar_spot.demo.cast import Refusal
from tests.e2e.stories import Refused

SENTENCE = re.compile(
    r"1 host cannot be free at \d{4}-\d\d-\d\d \d\d:\d\d: .*; "
    r"earliest_start=\d{4}-\d\d-\d\d \d\d:\d\d code=spot_not_evictable"
)


def test_the_client_gets_http_400_with_the_sentence(refused: Refused) -> None:
    assert isinstance(refused.by_client, Refusal)
    assert refused.by_client.status == 400
    assert SENTENCE.fullmatch(refused.by_client.sentence)


def test_the_openstack_command_says_the_same(refused: Refused) -> None:
    assert re.search(r"^RESP: \[400\]", refused.by_command, re.MULTILINE)
    assert SENTENCE.search(refused.by_command)


def test_nothing_is_stored(refused: Refused) -> None:
    assert refused.leases == []
    assert refused.allocations == []
    assert refused.open_claims == []


def test_the_pool_stays_open_to_spot_instances(refused: Refused) -> None:
    assert refused.after.is_closed is False
    assert refused.newcomer is not None
    assert refused.newcomer.status == "ACTIVE"
