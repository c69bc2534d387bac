# SPDX-License-Identifier: Apache-2.0
"""What a lease asks for in our words, and a refusal in Blazar's."""

import inspect
from datetime import datetime
from typing import Any

import pytest
from blazar.enforcement import exceptions as enforcement_exceptions
from blazar.enforcement import filters
from blazar.manager import exceptions as manager_exceptions
from blazar.manager.service import ManagerService

from blazar_spot.core.booking import Wish
from blazar_spot.core.errors import NotFound, Refused
from blazar_spot.plugins.answers import HARMLESS, answered
from blazar_spot.plugins.filter import SpotGuaranteeFilter
from blazar_spot.plugins.requests import request

START = datetime.fromisoformat("2027-01-15 08:00")
END = datetime.fromisoformat("2027-01-15 09:30")


def values(**changed: Any) -> dict[str, Any]:
    wanted = {"min": 1, "max": 2, "hypervisor_properties": "", "resource_properties": "", "start_date": START}
    return {**wanted, "end_date": END, **changed}


def test_naive_dates_are_utc_and_properties_become_requirements() -> None:
    asked = request(
        values(hypervisor_properties='[">=", "$vcpus", "2"]', resource_properties='["==", "$gpu_model", "gh200"]')
    )
    assert asked.wish == Wish(start_at=1_800_000_000, end_at=1_800_005_400, count_min=1, count_max=2)
    assert asked.requirements == ("vcpus >= 2", "gpu_model == gh200")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"min": 0}, manager_exceptions.MalformedParameter),
        ({"max": "many"}, manager_exceptions.MalformedParameter),
        ({"max": None}, manager_exceptions.MalformedParameter),
        ({"min": 3}, manager_exceptions.InvalidRange),
        ({"resource_properties": "["}, manager_exceptions.MalformedRequirements),
        ({"resource_properties": "true"}, manager_exceptions.MalformedRequirements),
    ],
)
def test_what_makes_no_sense_is_one_of_blazars_input_errors(changed: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error) as raised:
        request(values(**changed))
    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (Refused("No.", code="spot_not_evictable", earliest_start=1), "ExternalServiceFilterException"),
        (Refused("No.", code="spot_not_evictable"), "ExternalServiceFilterException"),
        (Refused("No.", code="not_enough_hosts", earliest_start=1), "ExternalServiceFilterException"),
        (Refused("No.", code="not_enough_hosts"), "ExternalServiceFilterException"),
        (Refused("No.", code="cannot_judge"), "ExternalServiceFilterException"),
        (NotFound("there is no host gpu-1"), "ExternalServiceFilterException"),
    ],
)
def test_a_refusal_is_the_very_class_that_the_api_knows(said: Exception, error: str) -> None:
    with pytest.raises(getattr(enforcement_exceptions, error)) as raised, answered():
        raise said
    assert type(raised.value) is getattr(enforcement_exceptions, error)
    assert raised.value.kwargs["code"] == 400
    assert str(said) in str(raised.value)


def test_what_leaves_a_lease_as_it_was_is_what_blazars_manager_has_a_list_of() -> None:
    listed = inspect.getclosurevars(ManagerService.update_lease).nonlocals["non_fatal_exceptions"]
    assert set(HARMLESS) == set(listed)


def test_blazar_finds_the_filter_by_its_name() -> None:
    assert filters.SpotGuaranteeFilter is SpotGuaranteeFilter
    assert filters.all_filters.count("SpotGuaranteeFilter") == 1
