# SPDX-License-Identifier: Apache-2.0
"""Preemptible flavors come to consume the spot pools, each on its own."""

import logging

import pytest

from blazar_spot.core.errors import Forbidden, NotFound, SpotError, Unreachable
from blazar_spot.core.flavors import Flavor, missing_specs
from blazar_spot.core.policy import Policy
from blazar_spot.core.terms import MIN_UPTIME, NOTICE
from blazar_spot.enforcement.enrolment import Enrolment
from blazar_spot.testing.clock import FakeClock
from blazar_spot.testing.cloud import FakeCloud

POLICY = Policy(min_uptime=1800, notice=900)


@pytest.fixture
def cloud() -> FakeCloud:
    """Two preemptible flavors and one that is not."""
    cloud = FakeCloud(FakeClock())
    for name in ("first", "second"):
        cloud.add_flavor(Flavor(name=name, vcpus=1, memory_mb=64, disk_gb=1), preemptible=True)
    cloud.add_flavor(Flavor(name="plain", vcpus=1, memory_mb=64, disk_gb=1))
    return cloud


def unenrolled(cloud: FakeCloud) -> list[str]:
    return [name for name, flavor in cloud.flavors.items() if missing_specs(flavor)]


def test_preemptible_flavors_are_enrolled_once(cloud: FakeCloud) -> None:
    enrolment = Enrolment(cloud, POLICY, is_automatic=True)
    for _ in range(2):
        enrolment.enrol()
    assert unenrolled(cloud) == []
    assert [write.target for write in cloud.writes] == ["first", "second"]


@pytest.mark.parametrize("error", [Forbidden("not yours"), NotFound("gone"), Unreachable("down")])
def test_a_flavor_that_cannot_be_changed_holds_up_no_other(cloud: FakeCloud, error: SpotError) -> None:
    cloud.fails("enrol_flavor", error)
    Enrolment(cloud, POLICY, is_automatic=True).enrol()
    assert unenrolled(cloud) == ["first"]


def test_a_flavor_that_cannot_be_changed_is_named_once_and_tried_again(
    cloud: FakeCloud, caplog: pytest.LogCaptureFixture
) -> None:
    enrolment = Enrolment(cloud, POLICY, is_automatic=True)
    cloud.fails("enrol_flavor", Forbidden("not yours"), times=None)
    for _ in range(3):
        enrolment.enrol()
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == [
        "Preemptible flavor first does not consume the spot pools: not yours",
        "Preemptible flavor second does not consume the spot pools: not yours",
    ]
    cloud.heals("enrol_flavor")
    enrolment.enrol()
    assert unenrolled(cloud) == []


def test_with_the_switch_off_flavors_are_named_and_left_alone(
    cloud: FakeCloud, caplog: pytest.LogCaptureFixture
) -> None:
    enrolment = Enrolment(cloud, POLICY, is_automatic=False)
    for _ in range(2):
        enrolment.enrol()
    assert unenrolled(cloud) == ["first", "second"]
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


def test_flavors_that_cannot_be_listed_end_no_tick(cloud: FakeCloud) -> None:
    cloud.fails("preemptible_flavors", Unreachable("down"))
    Enrolment(cloud, POLICY, is_automatic=True).enrol()
    assert unenrolled(cloud) == ["first", "second"]


def test_what_a_flavor_promises_in_vain_is_named_once_and_named_again_when_it_changes(
    cloud: FakeCloud, caplog: pytest.LogCaptureFixture
) -> None:
    def promising(min_uptime: str, notice: str) -> None:
        specs = {MIN_UPTIME: min_uptime, NOTICE: notice}
        flavor = Flavor(name="first", vcpus=1, memory_mb=64, disk_gb=1, extra_specs=specs)
        cloud.add_flavor(flavor, preemptible=True, enrolled=True)

    enrolment = Enrolment(cloud, POLICY, is_automatic=True)
    for min_uptime, notice in (("1h", "soon"), ("1h", "soon"), ("2h", "5m")):
        promising(min_uptime, notice)
        enrolment.enrol()
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        "Preemptible flavor first: spot:min_uptime='1h' is longer than the policy's 1800 s, which hold",
        "Preemptible flavor first: spot:notice='soon' is not a time such as 600, 600s, 10m or 1h; 900 s hold",
        "Preemptible flavor first: spot:min_uptime='2h' is longer than the policy's 1800 s, which hold",
    ]


def test_enrolling_says_what_is_promised(cloud: FakeCloud, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    specs = {MIN_UPTIME: "10m", NOTICE: "1h"}
    cloud.flavors.clear()
    cloud.add_flavor(Flavor(name="short", vcpus=1, memory_mb=64, disk_gb=1, extra_specs=specs), preemptible=True)
    Enrolment(cloud, POLICY, is_automatic=True).enrol()
    assert "Flavor short now consumes the spot pools; promised: 600 s of uptime, 900 s of notice" in caplog.messages
