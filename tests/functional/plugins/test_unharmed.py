# SPDX-License-Identifier: Apache-2.0
"""Reservations of slots when what is asked for makes no sense, or when whoever has to be asked is away: an update then
changes nothing, and an end is an end."""

from types import SimpleNamespace
from typing import Any

import pytest
from blazar.db import api as db_api
from blazar.enforcement.exceptions import ExternalServiceFilterException
from blazar.manager import exceptions
from blazar.plugins.instances.instance_plugin import nova_exceptions
from blazar.utils.openstack.exceptions import ResourceProviderListFailed
from keystoneauth1.exceptions import ConnectFailure

from blazar_spot.core.promises import Standing
from tests.functional.plugins.reservations import HOUR, _of_hosts
from tests.functional.plugins.slot_reservations import Nova, SlotReservations
from tests.functional.plugins.test_attempts import fail

Lease = dict[str, Any]

JUDGED = pytest.mark.parametrize("filters", [["SpotGuaranteeFilter"], []])

BAD = pytest.mark.parametrize(
    ("wanted", "error", "said"),
    [
        ({"amount": "2x"}, exceptions.MalformedParameter, "amount must be an integer"),
        ({"amount": None}, exceptions.MalformedParameter, "amount must be an integer"),
        ({"vcpus": "x"}, exceptions.MalformedParameter, "vcpus must be an integer"),
        ({"memory_mb": 0}, exceptions.MalformedParameter, "memory_mb must be >= 1"),
        ({"disk_gb": None}, exceptions.MalformedParameter, "disk_gb must be an integer"),
        ({"affinity": "perhaps"}, exceptions.MalformedParameter, "affinity"),
        ({"resource_properties": '["==", "$colour", "x"]'}, exceptions.MalformedRequirements, "colour"),
    ],
)


@JUDGED
@BAD
def test_bad_parameters_of_slots_leave_the_lease_as_it_was(
    slots: SlotReservations, filters: list[str], wanted: dict[str, Any], error: type[Exception], said: str
) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease = slots.instance_lease(5 * HOUR, 1)
    had = slots.now(lease)
    slots.enable_filters(filters)
    with pytest.raises(error, match=said) as refused:
        slots.update(lease, **wanted)
    assert type(refused.value) is error
    assert slots.now(lease) == had
    assert had.status == "PENDING"


@BAD
def test_no_lease_of_slots_is_made_with_them_either(
    slots: SlotReservations, wanted: dict[str, Any], error: type[Exception], said: str
) -> None:
    slots.add_gpu_hosts("gpu-1")
    with pytest.raises(error, match=said) as refused:
        slots.instance_lease(5 * HOUR, **{"amount": 1, **wanted})
    assert type(refused.value) is error


def test_numbers_may_be_written_as_strings(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
        slots.instance_lease(5 * HOUR, 2, vcpus="6")
    lease = slots.instance_lease(5 * HOUR, 1, vcpus="6")
    slots.update(lease, amount="2", vcpus="4")
    assert slots.slots(lease) == {"gpu-1": 2}
    slots.poll()
    assert [claim.room for claim in slots.claims(Standing.FIRM)] == [{"VCPU": 8, "MEMORY_MB": 4096}]


AWAY = pytest.mark.parametrize("error", [ResourceProviderListFailed(), ConnectFailure("nobody listens")])


@AWAY
@JUDGED
def test_a_lease_of_a_flavor_with_traits_stays_as_it_was_while_placement_is_away(
    slots: SlotReservations, monkeypatch: pytest.MonkeyPatch, filters: list[str], error: Exception
) -> None:
    slots.add_gpu_hosts("gpu-1")
    slots.placement.traits["gpu-1"] = {"CUSTOM_NEW"}
    slots.nova.get("gpu").set_keys({"trait:CUSTOM_NEW": "required"})
    lease = slots.flavor_lease(5 * HOUR, 1)
    had, end_at = slots.now(lease), slots.start_of(lease) + 2 * HOUR
    slots.enable_filters(filters)
    with monkeypatch.context() as away, pytest.raises(ExternalServiceFilterException) as refused:
        away.setattr(slots.placement, "list_resource_providers", fail(error))
        slots.update(lease, end_date=end_at)
    assert type(refused.value) is ExternalServiceFilterException
    assert str(error) in str(refused.value)
    assert "code=unreachable" in str(refused.value)
    assert slots.now(lease) == had
    assert had.status == "PENDING"
    slots.update(lease, end_date=end_at)


def test_a_lease_of_instances_stays_as_it_was_while_nova_is_away(
    slots: SlotReservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease = slots.instance_lease(5 * HOUR, 1)
    had = slots.now(lease)
    with monkeypatch.context() as away, pytest.raises(ExternalServiceFilterException, match="code=unreachable"):
        away.setattr(Nova, "delete", fail(ConnectFailure("nobody listens")))
        slots.update(lease, vcpus=1)
    assert slots.now(lease) == had
    assert had.status == "PENDING"


def test_another_reservation_of_a_lease_may_change_though_its_owner_cannot_see_the_flavor_of_this_one(
    slots: SlotReservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2", "gpu-3")
    servers = {"resource_type": "flavor:instance", "flavor_id": "gpu", "amount": 1, "affinity": None}
    lease = slots._create(slots.world.minute_from_now(5 * HOUR), 60, _of_hosts(1, 1), servers)
    by_type = {one["resource_type"]: one for one in lease["reservations"]}
    with monkeypatch.context() as hidden:
        hidden.setattr(Nova, "get", fail(nova_exceptions.NotFound(404)))
        slots.update({**lease, "reservations": [by_type["physical:host"]]}, min=2, max=2)
    assert slots.now(lease).status == "PENDING"
    assert len(slots.hosts({"reservations": [by_type["physical:host"]]})) == 2


@pytest.mark.parametrize("error", [ConnectFailure("nobody listens"), nova_exceptions.NotFound(404)])
@pytest.mark.parametrize("is_deleted", [True, False])
def test_a_lease_with_affinity_ends_though_its_server_group_cannot_be_deleted(
    slots: SlotReservations, caplog: pytest.LogCaptureFixture, is_deleted: bool, error: Exception
) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease = slots.instance_lease(HOUR, 2, affinity=True)
    slots.reach(lease)
    slots.nova.server_groups = SimpleNamespace(delete=fail(error))
    if is_deleted:
        slots.delete(lease)
        assert db_api.lease_get(lease["id"]) is None
    else:
        slots.end(lease)
        assert slots.now(lease).status == "TERMINATED"
    assert slots.aggregates() == []
    assert slots.claims(Standing.HELD, Standing.FIRM) == []
    told = [one for one in caplog.records if "Server group group-1 is not deleted" in one.getMessage()]
    assert [(one.levelname, one.exc_info) for one in told] == [("WARNING", None)] * isinstance(error, ConnectFailure)
