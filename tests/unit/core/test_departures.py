# SPDX-License-Identifier: Apache-2.0
"""The compute's word is a proof that an instance has left its host, and time is one; a row that is gone is none."""

import pytest

from blazar_spot.core.departures import SETTLED_AFTER, Deletion, has_left

REAPER = 100
ALONE = Deletion(is_taken=False, is_done=False)
BEGUN = Deletion(is_taken=True, is_done=False)
DONE = Deletion(is_taken=True, is_done=True)


@pytest.mark.parametrize(
    ("deletion", "from_second"), [(DONE, 0), (BEGUN, SETTLED_AFTER), (ALONE, REAPER), (None, REAPER)]
)
def test_each_has_left_from_some_second_on(deletion: Deletion | None, from_second: int) -> None:
    for second in range(REAPER + 2):
        assert has_left(deletion, second, REAPER) is (second >= from_second)
