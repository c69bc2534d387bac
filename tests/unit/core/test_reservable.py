# SPDX-License-Identifier: Apache-2.0
"""Which hosts a lease may have, by what it says in Blazar's words."""

import json

import pytest

from blazar_spot.core.errors import BadLease
from blazar_spot.core.reservable import Requirement, ReservableHost, Value, meeting, parsed

HAS: dict[str, Value] = {"vcpus": 8, "status": None, "hypervisor_hostname": "gpu-1", "reservable": True, "rack": "r1"}
HOST = ReservableHost(id="1", host="gpu-1", service_host="compute-1", properties=HAS)


def fits(*words: str) -> bool:
    return bool(meeting([HOST], [Requirement(*words)]))  # type: ignore[arg-type]


def test_requirements_are_read_as_blazar_reads_them() -> None:
    one = ["=", "$gpu_model", "a100 80 GB"]
    assert parsed(json.dumps(one)) == (("gpu_model", "=", "a100 80 GB"),)
    assert parsed('["=", "$a", "1"]') == (("a", "=", "1"),)
    several = ["and", [">", "$vcpus", "4"], ["!=", "$rack", "r1"]]
    assert parsed(json.dumps(several)) == (("vcpus", ">", "4"), ("rack", "!=", "r1"))
    assert parsed("") == parsed("[]") == ()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        "4",
        '"text"',
        '["and"]',
        '["and", []]',
        '["or", ["=", "$a", "1"], ["=", "$b", "1"]]',
        '["=", "vcpus", "4"]',
        '["=", "$", "4"]',
        '["=", "$vcpus", ""]',
        '["=", "$vcpus", 4]',
        '["~", "$vcpus", "4"]',
        '["=", "$two words", "4"]',
        "[" * 100_000,
    ],
)
def test_what_says_nothing_that_can_be_understood_is_refused(text: str) -> None:
    with pytest.raises(BadLease, match=r'^Requirements look like \["=", "\$vcpus", "4"\] or '):
        parsed(text)


def test_a_column_is_compared_as_what_it_is_and_all_else_as_text() -> None:
    assert fits("vcpus", ">", "7")
    assert fits("vcpus", "==", "8")
    assert not fits("vcpus", ">", "10")
    assert not fits("vcpus", "==", "many")
    assert fits("hypervisor_hostname", "=", "gpu-1")
    assert fits("rack", ">=", "r1")
    assert not fits("rack", "!=", "r1")
    assert fits("status", "==", "null")
    assert not fits("status", "!=", "null")
    assert not fits("status", "==", "up")
    assert fits("vcpus", "!=", "null")


def test_a_host_that_lacks_what_others_have_does_not_fit_and_what_none_has_is_a_mistake() -> None:
    bare = ReservableHost(id="2", host="gpu-2", service_host="compute-2")
    assert meeting([bare, HOST], [Requirement("rack", "!=", "r9")]) == [HOST]
    with pytest.raises(BadLease, match="colour"):
        meeting([bare, HOST], [Requirement("colour", "==", "red")])
    assert meeting([], [Requirement("colour", "==", "red")]) == []


def test_a_host_that_blazar_offers_to_nobody_is_none() -> None:
    assert HOST.is_offered
    assert not ReservableHost(id="1", host="a", service_host="a", properties={"reservable": False}).is_offered
