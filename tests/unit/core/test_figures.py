# SPDX-License-Identifier: Apache-2.0
"""How it goes, in numbers."""

import pytest

from blazar_spot.core.figures import quantile


@pytest.mark.parametrize(("share", "found"), [(0.0, 1), (0.24, 1), (0.25, 2), (0.5, 3), (0.9, 4), (1.0, 4)])
def test_a_quantile_is_what_was_seen_and_not_what_lies_between(share: float, found: int) -> None:
    assert quantile([4, 2, 3, 1], share) == found


def test_of_one_every_share_is_that_one_and_of_none_there_is_none() -> None:
    assert [quantile([7], share) for share in (0.0, 0.5, 1.0)] == [7, 7, 7]
    assert quantile([], 0.5) is None
