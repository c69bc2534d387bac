# SPDX-License-Identifier: Apache-2.0
"""How a person's words become hosts."""

import pytest

from blazar_spot.devcloud.hosts import BadHostSpec, Host, HostSpec, name_hosts, parse_lines, parse_spec


def test_an_empty_description_is_the_default_host() -> None:
    assert parse_spec("") == [HostSpec()]


def test_what_is_left_out_is_as_in_the_default_host() -> None:
    assert parse_spec("gpus=8, gpu_model=a100, nested=true") == [HostSpec(gpus=8, gpu_model="a100", nested=True)]


def test_a_count_stands_for_alike_hosts() -> None:
    assert parse_spec("count=3,vcpus=64") == [HostSpec(vcpus=64)] * 3


def test_a_file_has_a_description_a_line_and_may_have_comments() -> None:
    assert parse_lines(["# ours", "count=2", "", "gpus=0  # no GPU"]) == [HostSpec(), HostSpec(), HostSpec(gpus=0)]


@pytest.mark.parametrize(
    "text",
    ["gpu", "gpus", "gpus=", "gpus=four", "count=", "nested=yes", "vcpus=0", "gpu_class=GPU", "colour=red", "gpus=-1"],
)
def test_a_description_that_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(BadHostSpec):
        parse_spec(text)


def test_no_hosts_name_is_the_beginning_of_anothers() -> None:
    names = [host.name for host in name_hosts([HostSpec()] * 120)]
    assert names[0] == "host001"
    assert not [(one, other) for one in names for other in names if one != other and other.startswith(one)]


def test_a_host_survives_its_way_through_json() -> None:
    host = Host("host01", HostSpec(gpus=8, nested=True))
    assert Host.from_json(host.as_json()) == host
