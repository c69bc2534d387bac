# SPDX-License-Identifier: Apache-2.0
"""Whatever the log says about an incident can be found by its id."""

import logging

import pytest

from blazar_spot.core.errors import Unreachable
from blazar_spot.enforcement.logbook import about
from blazar_spot.testing.lab import Lab

WORDS = ("will end at", "was not given", "(delete) was refused", "(delete) was accepted", "is terminated")


def test_a_line_begins_with_the_incident_and_one_without_is_as_it_was(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    log = logging.getLogger("blazar_spot.test")
    about(log, "abc").info("%s of %d", "one", 2)
    about(log, "").info("%d%%", 3)
    assert [one.getMessage() for one in caplog.records] == ["[incident: abc] one of 2", "3%"]


def test_from_its_notice_to_its_end_all_that_is_said_of_an_instance_names_its_incident(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    lab = Lab()
    victims = lab.boot_and_run(2)
    lab.book("r1", lab.clock.now() + 3000)
    lab.cloud.fails("write_metadata", Unreachable("nova is down"), times=1)
    lab.cloud.fails("delete", Unreachable("nova is down"), times=1)
    lab.run_until(lab.reclaim.start_at + 10)
    incidents = {victim.id: lab.notices_of(victim)[0].id for victim in victims}
    lines = [one.getMessage() for one in caplog.records]
    for words in WORDS:
        said = [line for line in lines if words in line]
        assert said, words
        for line in said:
            [instance] = [one for one in incidents if one in line]
            assert line.startswith(f"[incident: {incidents[instance]}] ")
