# SPDX-License-Identifier: Apache-2.0
"""Blazar's own Tempest scenarios hold with our plugins in the place of upstream's."""

import pytest

from tests.functional.tempest.conftest import Tempest

pytestmark = pytest.mark.nightly

CANNOT_RUN = {
    "api": "expects all services behind one address, as DevStack's web server gives them",
}
"""Parts of the plugin that the dev cloud is not made for, and why."""

SCENARIOS = (
    "scenario.test_flavor_reservation.TestFlavorReservationScenario.test_flavor_instance_reservation",
    "scenario.test_host_reservation.TestHostReservationScenario.test_host_reservation",
    "scenario.test_host_reservation.TestHostReservationScenario.test_lease_expiration",
    "scenario.test_host_reservation.TestHostReservationScenario.test_update_host_reservation",
    "scenario.test_instance_reservation.TestInstanceReservationScenario.test_instance_reservation",
    "scenario.test_instance_reservation.TestInstanceReservationScenario.test_lease_expiration",
    "scenario.test_instance_reservation.TestInstanceReservationScenario.test_update_instance_reservation",
    "scenario.test_reservation_concurrency.TestReservationConcurrencyScenario.test_concurrent_list_lease",
)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_scenario_passes(tempest: Tempest, scenario: str) -> None:
    outcome, said = tempest.play(scenario)
    assert outcome == "ok", said


def test_every_scenario_of_the_plugin_is_played_or_has_a_reason_not_to_be(tempest: Tempest) -> None:
    left = {one for one in tempest.scenarios() if one.partition(".")[0] not in CANNOT_RUN}
    assert left == set(SCENARIOS)
