# SPDX-License-Identifier: Apache-2.0
"""What a flavor's preemptible twin is called and has."""

import pytest
from osc_lib.exceptions import CommandError

from blazar_spot.core import flavors
from blazar_spot.osc import twins


@pytest.mark.parametrize(
    ("name", "template", "twin"),
    [
        ("boost-c8m12-gpu-1080-1", None, "boost-preemptible-c8m12-gpu-1080-1"),
        ("small", None, "small-preemptible"),
        ("m1.small", "spot.{name}", "spot.m1.small"),
        ("a-b-c", "{rest}-{first}", "b-c-a"),
    ],
)
def test_a_twin_is_called_by_the_template(name: str, template: str | None, twin: str) -> None:
    assert twins.twin_name(name, template) == twin


@pytest.mark.parametrize("template", ["{second}", "{", "{0}", "{name}"])
def test_a_template_that_makes_no_other_name_is_refused(template: str) -> None:
    with pytest.raises(CommandError, match="spot_flavor_template"):
        twins.twin_name("small", template)


def test_a_twin_has_the_extra_specs_of_the_other_and_no_shadow() -> None:
    specs = {"resources:CUSTOM_GPU": "1", "resources:CUSTOM_SPOT_VCPU": "4", "hw:cpu_policy": "dedicated"}
    assert twins.twin_specs(specs, {"spot:notice": "2m", "hw:cpu_policy": "shared"}) == {
        "resources:CUSTOM_GPU": "1",
        "hw:cpu_policy": "shared",
        "spot:notice": "2m",
        "blazar:preemptible": "true",
    }


@pytest.mark.parametrize("value", ["true", "True", " yes ", "1", "on", "t", "y", "false", "no", "", "2", "preemptible"])
def test_commands_and_engine_mean_the_same_by_preemptible(value: str) -> None:
    specs = {"blazar:preemptible": value}
    assert twins.is_preemptible(specs) == flavors.is_preemptible(specs)


def test_commands_and_engine_mean_the_same_by_the_shadow() -> None:
    flavor = flavors.Flavor(name="f", vcpus=1, memory_mb=1, disk_gb=1)
    assert not twins.is_enrolled(flavor.extra_specs)
    assert twins.is_enrolled(flavors.shadow_specs(flavor))
    assert (flavors.PREEMPTIBLE, f"resources:{flavors.SHADOW_PREFIX}") == (twins.PREEMPTIBLE, twins.SHADOW)
