# SPDX-License-Identifier: Apache-2.0
"""Hosts that are alike."""

import pytest

from blazar_spot.core.planner.headroom import headroom


@pytest.mark.parametrize("spots", [{}, {"a": 0}, {"b": 0}])
def test_a_host_without_spot_instances_is_empty_whether_that_is_said_or_not(spots: dict[str, int]) -> None:
    assert headroom(["b", "a"], 1, spots, {}, frozenset()) == {"a"}
