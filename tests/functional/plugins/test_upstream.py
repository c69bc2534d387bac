# SPDX-License-Identifier: Apache-2.0
"""Upstream's own unit tests of its plugins hold for ours, but for those listed here, each with its reason."""

import pathlib
import subprocess
import sys
from xml.etree import ElementTree

import pytest

CHOICE = "It replaces upstream's choice of hosts and looks for calls of it; the planner chooses."
END = "It looks for plain deletes and a long wait; ours deletes by force, and the polls finish what is slow."
READS = "It replaces the function that loads every host; ours asks for the ids alone."
START = "It looks for upstream's add_computehost, which deletes every server on the host; ours never calls it."
HEALING = "It replaces the functions that read and write one row at a time, and has no tables; ours asks the tables."
NO_TABLES = "It replaces the reads that upstream makes, by rows that lack what Blazar's have; ours asks the tables."
DOORS = "It looks for hosts in the aggregate at once; ours come with the next poll, through the door for late hosts."

OF_HOSTS = {
    "test_create_reservation_hosts_available": CHOICE,
    "test_create_reservation_no_hosts_available": CHOICE,
    "test_list_allocations": READS,
    "test_list_allocations_with_lease_id": READS,
    "test_list_allocations_with_reservation_id": READS,
    "test_on_end_with_instances": END,
    "test_on_end_without_instances": END,
    "test_on_start": START,
    "test_reallocate_active": CHOICE,
    "test_reallocate_before_start": CHOICE,
    "test_reallocate_missing_resources": CHOICE,
    "test_update_active_reservation_max_increase_alloc": CHOICE,
    "test_update_reservation_extend": CHOICE,
    "test_update_reservation_max_decrease": CHOICE,
    "test_update_reservation_max_increase_alloc": CHOICE,
    "test_update_reservation_max_increase_noalloc": CHOICE,
    "test_update_reservation_min_decrease": CHOICE,
    "test_update_reservation_min_increase_fail": CHOICE,
    "test_update_reservation_min_increase_success": CHOICE,
    "test_update_reservation_move_failure": CHOICE,
    "test_update_reservation_move_overlap": CHOICE,
    "test_update_reservation_move_realloc": CHOICE,
    "test_update_reservation_no_requested_hosts_available": CHOICE,
    "test_update_reservation_realloc_with_properties_change": CHOICE,
}

OF_INSTANCES = {
    "test_heal_active_reservations_and_missing_resources": HEALING,
    "test_heal_active_reservations_and_resources_changed": HEALING,
    "test_heal_reservations_before_start_and_missing_resources": HEALING,
    "test_heal_reservations_before_start_and_resources_changed": HEALING,
    "test_on_end": END,
    "test_on_start": START,
    "test_pickup_host_from_less_hosts": CHOICE,
    "test_reallocate_active": HEALING,
    "test_reallocate_active_affinity": HEALING,
    "test_reallocate_before_start": HEALING,
    "test_reallocate_before_start_affinity": HEALING,
    "test_reallocate_missing_resources": HEALING,
    "test_reallocate_missing_resources_with_affinity": HEALING,
    "test_reserve_resource": CHOICE,
    "test_update_flavor_in_active": NO_TABLES,
    "test_update_reservation": CHOICE,
    "test_update_reservation_not_enough_hosts": CHOICE,
    "test_update_resources_in_active": DOORS,
}
OF_FLAVORS = {
    "test_allocation_candidates": NO_TABLES,
    "test_allocation_candidates_avoids_reservations": "Ours offers no hosts here, as for hosts; the filter says why.",
    "test_allocation_candidates_fails_no_space": NO_TABLES,
    "test_reserve_resource": CHOICE,
    "test_update_reservation": NO_TABLES,
    "test_update_reservation_cant_extend": NO_TABLES,
}
DIFFERENT = {"host": OF_HOSTS, "instance": OF_INSTANCES, "flavor": OF_FLAVORS}
AT_LEAST = {"host": 100, "instance": 50, "flavor": 13}
SKIPPED = {"host": 1, "instance": 0, "flavor": 0}
"""By upstream itself."""
FATES = ("failure", "error", "skipped")


@pytest.fixture(scope="module", params=DIFFERENT)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def outcomes(kind: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What became of each of upstream's tests of this kind of plugin."""
    folder = tmp_path_factory.mktemp("upstream")
    tests = pathlib.Path(__file__).with_name(f"upstream_{kind}_tests.py")
    options = ["--noconftest", "-p", "no:cacheprovider", "-c", "/dev/null", "--junitxml", folder / "report.xml"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--rootdir", folder, *options, tests],
        cwd=tests.parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (folder / "report.xml").exists(), done.stdout + done.stderr
    cases = ElementTree.parse(folder / "report.xml").iter("testcase")
    return {case.attrib["name"]: next((child.tag for child in case if child.tag in FATES), "passed") for case in cases}


def test_all_of_upstreams_tests_were_run(kind: str, outcomes: dict[str, str]) -> None:
    assert len(outcomes) >= AT_LEAST[kind]
    assert list(outcomes.values()).count("skipped") <= SKIPPED[kind]


def test_ours_differs_from_upstreams_only_where_there_is_a_reason(kind: str, outcomes: dict[str, str]) -> None:
    assert {name for name, fate in outcomes.items() if fate in ("failure", "error")} == set(DIFFERENT[kind])
