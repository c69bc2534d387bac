# SPDX-License-Identifier: Apache-2.0
"""A flavor's shadow asks for what the flavor itself asks for."""

from dataclasses import replace

import pytest

from blazar_spot.core.flavors import (
    PREEMPTIBLE,
    Flavor,
    devices,
    is_preemptible,
    missing_specs,
    resources,
    shadow_specs,
    surplus_keys,
    unpooled,
    untracked,
)


def _flavor(disk_gb: int = 100, swap_mb: int = 0, **extra_specs: str) -> Flavor:
    specs = {key.replace("__", ":"): value for key, value in extra_specs.items()}
    return Flavor(name="f", vcpus=8, memory_mb=12288, disk_gb=disk_gb, swap_mb=swap_mb, extra_specs=specs)


@pytest.mark.parametrize("value", ["true", "True", " yes ", "1", "on"])
def test_every_spelling_that_the_scheduler_accepts_makes_a_flavor_preemptible(value: str) -> None:
    assert is_preemptible({PREEMPTIBLE: value})


@pytest.mark.parametrize("specs", [{}, {PREEMPTIBLE: "false"}, {PREEMPTIBLE: ""}, {"preemptible": "true"}])
def test_nothing_else_does(specs: dict[str, str]) -> None:
    assert not is_preemptible(specs)


def test_a_flavor_uses_its_size_and_what_its_extra_specs_ask_for() -> None:
    flavor = _flavor(resources__CUSTOM_GPU="2")
    assert resources(flavor) == {"VCPU": 8, "MEMORY_MB": 12288, "DISK_GB": 100, "CUSTOM_GPU": 2}


def test_what_is_zero_is_not_asked_for() -> None:
    flavor = _flavor(disk_gb=0, resources__VCPU="0", resources__MEMORY_MB="0", resources__CUSTOM_BAREMETAL="1")
    assert resources(flavor) == {"CUSTOM_BAREMETAL": 1}


def test_swap_counts_as_disk_in_whole_gigabytes() -> None:
    assert resources(_flavor(disk_gb=1, swap_mb=1025))["DISK_GB"] == 3


def test_request_groups_are_added_up() -> None:
    specs = {"resources1:VGPU": "1", "resources_second:VGPU": "2", "resources:VGPU": "1"}
    assert resources(Flavor(name="f", vcpus=1, memory_mb=1, disk_gb=0, extra_specs=specs))["VGPU"] == 4


@pytest.mark.parametrize(
    ("policy", "threads", "expected"),
    [
        ("dedicated", "share", {"PCPU": 8}),
        ("dedicated", "isolate", {"PCPU": 9}),
        ("shared", "share", {"VCPU": 8}),
        ("mixed", "share", {}),
    ],
)
def test_pinned_processors_are_another_class(policy: str, threads: str, expected: dict[str, int]) -> None:
    used = resources(_flavor(hw__cpu_policy=policy, hw__emulator_threads_policy=threads))
    assert {name: amount for name, amount in used.items() if name.endswith("CPU")} == expected


def test_an_explicit_class_of_processors_counts_more_than_the_policy() -> None:
    used = resources(_flavor(hw__cpu_policy="dedicated", resources__PCPU="6"))
    assert used["PCPU"] == 6
    assert "VCPU" not in used


def test_a_shadow_is_no_demand_of_its_own() -> None:
    assert resources(_flavor(resources__CUSTOM_SPOT_VCPU="4"))["VCPU"] == 8
    assert "CUSTOM_SPOT_VCPU" not in resources(_flavor(resources__CUSTOM_SPOT_VCPU="4"))


def test_the_shadow_names_each_class_literally() -> None:
    assert shadow_specs(_flavor(resources__CUSTOM_GPU="1")) == {
        "resources:CUSTOM_SPOT_CUSTOM_GPU": "1",
        "resources:CUSTOM_SPOT_DISK_GB": "100",
        "resources:CUSTOM_SPOT_MEMORY_MB": "12288",
        "resources:CUSTOM_SPOT_VCPU": "8",
    }


def test_an_enrolled_flavor_misses_nothing_and_has_the_same_shadow() -> None:
    flavor = _flavor(resources__CUSTOM_GPU="1")
    shadow = shadow_specs(flavor)
    enrolled = Flavor(
        name="f", vcpus=8, memory_mb=12288, disk_gb=100, extra_specs={**flavor.extra_specs, PREEMPTIBLE: "1", **shadow}
    )
    assert shadow_specs(enrolled) == shadow
    assert missing_specs(enrolled) == {}


@pytest.mark.parametrize(
    ("alias", "classes"),
    [
        ("a100:2", {"CUSTOM_A100": 2}),
        ("a100:1, nic:1,a100:1", {"CUSTOM_A100": 2, "CUSTOM_NIC": 1}),
        ("unknown:1,nic:1", {"CUSTOM_NIC": 1}),
        ("a100:many", {}),
        ("a100", {}),
        ("", {}),
    ],
)
def test_a_pci_alias_stands_for_a_resource_class(alias: str, classes: dict[str, int]) -> None:
    assert devices({"pci_passthrough:alias": alias}, {"a100": "CUSTOM_A100", "nic": "CUSTOM_NIC"}) == classes


def test_a_flavor_without_aliases_asks_for_no_devices() -> None:
    assert devices({}, {"a100": "CUSTOM_A100"}) == {}


@pytest.mark.parametrize(
    ("alias", "unknown"),
    [("", []), ("a100:1", []), ("b:1, a100:2,a:1 ,b:2", ["a", "b"]), ("b", ["b"]), ("a100:one", [])],
)
def test_aliases_that_stand_for_nothing_are_named_once(alias: str, unknown: list[str]) -> None:
    assert untracked({"pci_passthrough:alias": alias} if alias else {}, {"a100": "CUSTOM_A100"}) == unknown


def test_the_devices_of_aliases_are_used_besides_what_the_extra_specs_ask_for() -> None:
    flavor = replace(_flavor(resources__CUSTOM_A100="1"), devices={"CUSTOM_A100": 2})
    assert resources(flavor)["CUSTOM_A100"] == 3
    assert shadow_specs(flavor)["resources:CUSTOM_SPOT_CUSTOM_A100"] == "3"


def test_what_is_asked_of_the_pool_and_not_used_is_too_much() -> None:
    asked = {"resources__CUSTOM_SPOT_VCPU": "8", "resources__CUSTOM_SPOT_VGPU": "1"}
    assert surplus_keys(_flavor(**asked)) == ["resources:CUSTOM_SPOT_VGPU"]


def test_a_wrong_amount_is_missing() -> None:
    flavor = _flavor(**{"blazar__preemptible": "true", "resources__CUSTOM_SPOT_VCPU": "4"})
    assert missing_specs(flavor)["resources:CUSTOM_SPOT_VCPU"] == "8"


def test_a_flavor_that_is_not_preemptible_misses_nothing() -> None:
    assert missing_specs(_flavor()) == {}


def test_an_amount_that_is_no_number_is_left_to_nova_to_complain_about() -> None:
    assert "CUSTOM_GPU" not in resources(_flavor(resources__CUSTOM_GPU="many"))


def test_an_instance_uses_outside_the_pool_what_its_flavor_did_not_ask_of_the_pool() -> None:
    plain = _flavor(resources__CUSTOM_GPU="2")
    assert unpooled(plain) == resources(plain)
    shadow = shadow_specs(plain)
    assert unpooled(replace(plain, extra_specs={**plain.extra_specs, **shadow})) == {}
    partly = {**plain.extra_specs, **shadow, "resources:CUSTOM_SPOT_VCPU": "7", "resources:CUSTOM_SPOT_CUSTOM_GPU": "x"}
    assert unpooled(replace(plain, extra_specs=partly)) == {"VCPU": 1, "CUSTOM_GPU": 2}
