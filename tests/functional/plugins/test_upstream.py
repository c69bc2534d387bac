# SPDX-License-Identifier: Apache-2.0
"""Upstream's own unit tests of the host plugin hold for ours, but for those listed here, each with its reason."""

import pathlib
import subprocess
import sys
from xml.etree import ElementTree

import pytest

CHOICE = "It replaces upstream's choice of hosts and looks for calls of it; the planner chooses."
END = "It looks for plain deletes and a long wait; ours deletes by force, and the polls finish what is slow."
READS = "It replaces the function that loads every host; ours asks for the ids alone."
START = "It looks for upstream's add_computehost, which deletes every server on the host; ours never calls it."

DIFFERENT = {
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


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What became of each of upstream's tests."""
    folder = tmp_path_factory.mktemp("upstream")
    tests = pathlib.Path(__file__).with_name("upstream_host_tests.py")
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


FATES = ("failure", "error", "skipped")


def test_all_of_upstreams_tests_were_run(outcomes: dict[str, str]) -> None:
    assert len(outcomes) > 90
    assert list(outcomes.values()).count("skipped") <= 1, "upstream skips one itself"


def test_ours_differs_from_upstreams_only_where_there_is_a_reason(outcomes: dict[str, str]) -> None:
    assert {name for name, fate in outcomes.items() if fate in ("failure", "error")} == set(DIFFERENT)
