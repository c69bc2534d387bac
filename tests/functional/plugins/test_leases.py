# SPDX-License-Identifier: Apache-2.0
"""A lease's life over our plugin, in Blazar's own manager."""

from typing import Any

import pytest
from blazar.db import api as db_api
from blazar.enforcement.exceptions import ExternalServiceFilterException

from blazar_spot.core.errors import Unreachable
from blazar_spot.core.promises import Standing
from tests.functional.plugins.reservations import HOUR, MINUTE, POLL, Reservations


def test_a_lease_booked_ahead_gets_a_held_claim_that_becomes_firm(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(start_in=5 * HOUR)
    assert [claim.host for claim in reservations.claims(Standing.HELD)] == reservations.hosts(lease)
    reservations.poll()
    (claim,) = reservations.claims(Standing.FIRM)
    assert (claim.start_at, claim.end_at) == (reservations.start_of(lease), reservations.start_of(lease) + HOUR)
    assert claim.service_host == f"compute-of-{claim.host}"


def test_a_claim_says_whose_lease_it_is_of_and_what_that_is_called_as_soon_as_it_is_published(
    reservations: Reservations,
) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=5 * HOUR)
    (held,) = reservations.claims(Standing.HELD)
    assert (held.project_id, held.lease_name) == ("", "")
    reservations.poll()
    (firm,) = reservations.claims(Standing.FIRM)
    assert (firm.project_id, firm.lease_name) == (lease["project_id"], lease["name"])
    assert firm.project_id
    assert firm.lease_name


def test_a_claim_becomes_firm_although_the_cloud_does_not_answer(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    reservations.lease(start_in=5 * HOUR)
    for operation in ("all_aggregates", "servers_on", "consumers", "pools", "spot_servers"):
        reservations.world.cloud.fails(operation, Unreachable("no answer"), times=None)
    assert reservations.poll() == {}
    assert len(reservations.claims(Standing.FIRM)) == 1


def test_a_lease_that_would_break_a_promise_is_refused_with_the_first_start_that_works(
    reservations: Reservations,
) -> None:
    reservations.add_hosts("gpu-1")
    reservations.spot("gpu-1")
    with pytest.raises(ExternalServiceFilterException) as refused:
        reservations.lease(start_in=10 * MINUTE)
    assert type(refused.value) is ExternalServiceFilterException
    assert "earliest_start=" in str(refused.value)
    assert str(refused.value).endswith("code=spot_not_evictable")
    assert reservations.claims(Standing.HELD, Standing.FIRM) == []


def test_the_plugin_refuses_by_itself_when_the_filter_is_not_enabled(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    reservations.spot("gpu-1")
    reservations.enable_filters([])
    with pytest.raises(ExternalServiceFilterException) as refused:
        reservations.lease(start_in=10 * MINUTE)
    assert type(refused.value) is ExternalServiceFilterException
    assert "code=spot_not_evictable" in str(refused.value)


def test_the_answered_start_is_accepted(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    reservations.spot("gpu-1")
    with pytest.raises(ExternalServiceFilterException) as refused:
        reservations.lease(start_in=10 * MINUTE)
    answered = str(refused.value).split("earliest_start=")[1][:16]
    assert reservations.lease_at(answered)["status"] == "PENDING"


def test_more_hosts_than_there_are_are_refused_with_a_sentence(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
        reservations.lease(start_in=HOUR, count=2)


def test_a_lease_is_refused_while_our_database_cannot_be_read(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    reservations.world.store.is_down = True
    with pytest.raises(ExternalServiceFilterException, match="code=cannot_judge"):
        reservations.lease(start_in=5 * HOUR)


@pytest.mark.parametrize("operation", ["close", "spot_consumers"])
def test_a_lease_that_begins_soon_is_refused_while_nobody_can_look_and_its_host_is_open_afterwards(
    reservations: Reservations, operation: str
) -> None:
    reservations.add_hosts("gpu-1")
    reservations.world.cloud.fails(operation, Unreachable("no answer"), times=None)
    with pytest.raises(ExternalServiceFilterException, match="code=cannot_judge"):
        reservations.lease(start_in=20 * MINUTE)
    reservations.world.cloud.heals(operation)
    nothing_is_left_of_it(reservations)


def test_a_lease_that_begins_soon_fails_while_nova_is_down_and_its_host_is_open_afterwards(
    reservations: Reservations,
) -> None:
    reservations.add_hosts("gpu-1")
    reservations.break_aggregates()
    with pytest.raises(RuntimeError, match="Nova does not create aggregates now"):
        reservations.lease(start_in=20 * MINUTE)
    assert reservations.world.cloud.closed() == {"gpu-1": True}
    nothing_is_left_of_it(reservations)


def nothing_is_left_of_it(reservations: Reservations) -> None:
    reservations.world.whole.engine.tick()
    assert reservations.world.cloud.closed() == {"gpu-1": False}
    assert reservations.claims(Standing.HELD, Standing.FIRM) == []
    assert db_api.lease_list() == []


def test_a_host_that_is_reserved_in_the_window_is_not_given_again(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    first = reservations.lease(start_in=5 * HOUR)
    second = reservations.lease(start_in=5 * HOUR)
    assert sorted(reservations.hosts(first) + reservations.hosts(second)) == ["gpu-1", "gpu-2"]


@pytest.mark.parametrize(("cleaning_minutes", "hosts_used"), [(0, 1), (10, 2)])
def test_the_cleaning_time_separates_reservations_of_a_host(
    reservations: Reservations, cleaning_minutes: int, hosts_used: int
) -> None:
    reservations.set_cleaning_time(cleaning_minutes)
    reservations.add_hosts("gpu-1")
    if hosts_used == 2:
        reservations.add_hosts("gpu-2")
    first = reservations.lease(start_in=5 * HOUR)
    second = reservations.lease(start_in=6 * HOUR)
    assert len({*reservations.hosts(first), *reservations.hosts(second)}) == hosts_used


def test_a_booking_that_fails_after_the_hold_leaves_nothing_held(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    reservations.break_aggregates()
    with pytest.raises(RuntimeError):
        reservations.lease(start_in=5 * HOUR)
    assert reservations.claims(Standing.HELD, Standing.FIRM) == []
    assert [claim.standing for claim in reservations.world.store.claims] == [Standing.WITHDRAWN]


def test_a_host_that_turns_out_to_be_occupied_is_left_out_if_the_others_will_do(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    reservations.world.cloud.boot("spot", host="gpu-1")
    lease = reservations.lease(start_in=10 * MINUTE, count=1, at_most=2)
    assert reservations.hosts(lease) == ["gpu-2"]
    assert [claim.host for claim in reservations.claims(Standing.HELD, Standing.FIRM)] == ["gpu-2"]


def test_when_the_second_reservation_of_a_lease_fails_the_first_ones_pools_open_again(
    reservations: Reservations,
) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    server = reservations.spot("gpu-2")
    reservations.enable_filters([])
    with pytest.raises(ExternalServiceFilterException, match="code="):
        reservations.lease_of(10 * MINUTE, 1, 2)
    assert reservations.claims(Standing.HELD, Standing.FIRM) == []
    reservations.run_until(reservations.world.clock.now() + 2 * POLL)
    assert reservations.world.cloud.closed() == {"gpu-1": False, "gpu-2": False}
    assert reservations.world.store.notices == []
    assert server in reservations.world.cloud.alive


class Broken:
    """A plugin of another resource type, which cannot reserve anything."""

    def allocation_candidates(self, values: Any) -> list[str]:
        return []

    def reserve_resource(self, reservation_id: str, values: Any) -> str:
        raise RuntimeError("There is none")


def test_a_claim_whose_lease_another_plugin_made_fail_is_withdrawn_by_the_next_poll(
    reservations: Reservations,
) -> None:
    reservations.add_hosts("gpu-1")
    with pytest.raises(RuntimeError, match="There is none"):
        reservations.lease_with_another(10 * MINUTE, Broken())
    assert reservations.world.cloud.closed() == {"gpu-1": True}
    reservations.poll()
    reservations.world.whole.engine.tick()
    assert reservations.claims(Standing.HELD, Standing.FIRM) == []
    assert reservations.world.cloud.closed() == {"gpu-1": False}


def test_a_lease_reclaims_its_host_and_starts_with_it(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    server = reservations.spot("gpu-1")
    lease = reservations.lease(start_in=2 * HOUR)
    reservations.run_until(reservations.start_of(lease))
    assert server not in reservations.world.cloud.alive
    reservations.start(lease)
    after = reservations.now(lease)
    assert (after.status, after.is_degraded, after.is_missing) == ("ACTIVE", False, False)
    assert reservations.served(lease) == ["gpu-1"]
    assert reservations.world.cloud.freepool.hosts == []


def test_a_lease_of_now_takes_a_host_without_spot_instances(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    reservations.spot("gpu-1")
    lease = reservations.lease(start_in=0)
    reservations.start(lease)
    assert reservations.served(lease) == ["gpu-2"]


def test_a_deleted_lease_ends_its_claim(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=5 * HOUR)
    reservations.poll()
    reservations.delete(lease)
    reservations.poll()
    assert [claim.standing for claim in reservations.world.store.claims] == [Standing.WITHDRAWN]


def test_a_lease_that_ends_gives_its_host_back_and_ends_its_claim(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=0)
    reservations.start(lease)
    reservations.poll()
    reservations.world.cloud.boot("plain", host="gpu-1")
    reservations.world.pass_time(HOUR)
    reservations.end(lease)
    reservations.world.pass_time(5)  # its server may take longer to go than the end of a lease waits
    reservations.poll()
    assert reservations.now(lease).status == "TERMINATED"
    assert reservations.world.cloud.freepool.hosts == ["compute-of-gpu-1"]
    assert [claim.standing for claim in reservations.world.store.claims] == [Standing.ENDED]
