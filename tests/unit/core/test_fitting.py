# SPDX-License-Identifier: Apache-2.0
"""How many fit."""

import pytest

from blazar_spot.core.fitting import fitting

SIZE = {"VCPU": 4, "CUSTOM_GPU": 1}


@pytest.mark.parametrize(
    ("free", "expected"),
    [
        ([], 0),
        ([{"VCPU": 32, "CUSTOM_GPU": 3}], 3),
        ([{"VCPU": 11, "CUSTOM_GPU": 8}], 2),
        ([{"VCPU": 3, "CUSTOM_GPU": 8}, {"VCPU": 5, "CUSTOM_GPU": 8}], 1),
        ([{"VCPU": 32}], 0),
        ([{"VCPU": -8, "CUSTOM_GPU": 2}, {"VCPU": 8, "CUSTOM_GPU": 2}], 2),
    ],
)
def test_an_instance_fits_where_there_is_enough_of_everything_in_one_place(
    free: list[dict[str, int]], expected: int
) -> None:
    assert fitting(SIZE, free) == expected


def test_of_what_takes_nothing_none_fits() -> None:
    assert fitting({}, [{"VCPU": 32}]) == fitting({"VCPU": 0}, [{"VCPU": 32}]) == 0
