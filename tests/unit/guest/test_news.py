# SPDX-License-Identifier: Apache-2.0
"""What spot-watch takes for news, of what it was shown in which order."""

import json
from dataclasses import asdict
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

NOON = 1_800_000_000
KEPT_SECONDS = 15
"""How long Nova's metadata services keep what they have told."""
LOOK_SECONDS = 15


class Guest:
    """What one watcher knows, and what it has told its hooks."""

    def __init__(self, spot_watch: ModuleType) -> None:
        self._module = spot_watch
        self.state = spot_watch.State("instance-a")
        self.told: list[tuple[str, int]] = []

    def look(self, at: int, notice: tuple[int, int] | None, *, may_be_old: bool = True, event_id: str = "") -> str:
        """What is told of it at so many seconds past noon."""
        shown = None if notice is None else self._module.Notice(NOON + notice[0], NOON + notice[1], event_id)
        news = self.state.learn(self._module.Reading("instance-a", shown, may_be_old), NOON + at)
        if news:
            self.told.append((news, self.state.notice.deadline_at - NOON))
        return str(news)


@pytest.fixture
def guest(spot_watch: ModuleType) -> Guest:
    return Guest(spot_watch)


def test_a_notice_is_told_once(guest: Guest) -> None:
    assert [guest.look(at, (0, 900)) for at in (0, 15, 30)] == ["scheduled", "", ""]


def test_nothing_is_told_while_nothing_is_coming(guest: Guest) -> None:
    assert [guest.look(at, None) for at in range(0, 900, 15)] == [""] * 60


def test_a_later_deadline_is_told_at_once(guest: Guest) -> None:
    assert [guest.look(0, (0, 900)), guest.look(15, (0, 1800))] == ["scheduled", "rescheduled"]


@pytest.mark.parametrize("shown", [None, (0, 900), (-60, 900)])
def test_what_would_go_back_is_believed_only_after_no_cache_can_show_it(
    guest: Guest, shown: tuple[int, int] | None
) -> None:
    guest.look(0, (0, 1800))
    assert [guest.look(at, shown) for at in (15, 30, 44)] == ["", "", ""]
    assert guest.look(45, shown)


def test_an_old_answer_in_between_begins_the_doubt_anew(guest: Guest) -> None:
    guest.look(0, (0, 900))
    shown = [None, None, (0, 900), None, None, None]
    assert [guest.look(15 * turn, notice) for turn, notice in enumerate(shown, 1)] == ["", "", "", "", "", "withdrawn"]


def test_the_api_is_believed_at_once(guest: Guest) -> None:
    guest.look(0, (0, 900), may_be_old=False)
    assert guest.look(1, None, may_be_old=False) == "withdrawn"
    assert guest.look(2, None, may_be_old=False) == ""


def test_what_the_api_has_said_is_not_taken_back_by_metadata_that_never_had_it(guest: Guest) -> None:
    guest.look(0, (0, 900), may_be_old=False, event_id="event-a")
    assert [guest.look(at, None) for at in (15, 45, 300)] == ["", "", ""]
    assert guest.look(301, None, may_be_old=False) == "withdrawn"


def test_an_old_answer_of_the_metadata_does_not_bring_back_what_the_api_has_withdrawn(guest: Guest) -> None:
    guest.look(0, (0, 900), may_be_old=False)
    guest.look(10, None, may_be_old=False)
    assert [guest.look(at, (0, 900)) for at in (11, 26)] == ["", ""]
    assert guest.look(42, None) == ""


def test_a_notice_that_stays_after_all_is_told_again(guest: Guest) -> None:
    guest.look(0, (0, 900), may_be_old=False)
    guest.look(10, None, may_be_old=False)
    assert [guest.look(at, (0, 900)) for at in (20, 49, 50)] == ["", "", "scheduled"]


def test_the_next_incident_is_told_at_once_and_is_not_acknowledged_yet(guest: Guest) -> None:
    guest.look(0, (0, 900))
    guest.state.is_acknowledged = True
    assert guest.look(15, (0, 1800)) == "rescheduled"
    assert guest.state.is_acknowledged
    assert guest.look(30, (20, 1700)) == "scheduled"
    assert not guest.state.is_acknowledged


def test_the_id_is_kept_when_the_next_answer_does_not_have_it(guest: Guest) -> None:
    guest.look(0, (0, 900), event_id="incident")
    guest.look(15, (0, 1800))
    assert guest.state.notice.event_id == "incident"


def test_the_state_outlives_a_restart(guest: Guest, spot_watch: ModuleType) -> None:
    guest.look(0, (0, 900), event_id="incident")
    guest.state.run("drain", "scheduled").tries = 2
    guest.look(15, None)
    again = spot_watch.State.parsed(json.dumps(asdict(guest.state)))
    assert again == guest.state


BROKEN = [
    "",
    "[]",
    "7",
    "{}",
    "null",
    '{"notice": 1, "runs": {}}',
    '{"notice": null, "runs": {"a": 1}}',
    '{"notice": null, "runs": {}, "news": "scheduled"}',
    '{"notice": null, "runs": {}, "other": 1}',
    "[" * 100_000,
    "\x00",
]


@pytest.mark.parametrize("text", BROKEN, ids=lambda text: repr(text)[:40])
def test_a_broken_state_is_no_state(spot_watch: ModuleType, tmp_path: Any, text: str) -> None:
    (tmp_path / "state.json").write_text(text)
    assert spot_watch.StateFile(tmp_path / "state.json", spot_watch.Conditions()).read() == spot_watch.State()


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, tuple[int, int] | None]]:
    """What really was, since when: notices that are put off, withdrawn and decided again, each for a minute or more."""
    at, notice, found = 0, None, []
    for _ in range(draw(st.integers(1, 6))):
        at += draw(st.integers(61, 300))
        if notice is None:
            notice = (at, at + draw(st.integers(900, 1800)))
        else:
            later = (notice[0], notice[1] + draw(st.integers(1, 600)))
            notice = draw(st.sampled_from([None, later]))
        found.append((at, notice))
    return found


@given(history=histories(), ages=st.lists(st.integers(0, KEPT_SECONDS), min_size=150, max_size=150))
def test_whatever_caches_show_each_change_is_told_once_and_in_order(
    spot_watch: ModuleType, history: list[tuple[int, tuple[int, int] | None]], ages: list[int]
) -> None:
    guest = Guest(spot_watch)
    for turn, age in enumerate(ages):
        at = turn * LOOK_SECONDS
        shown = [notice for since, notice in history if since <= at - age]
        guest.look(at, shown[-1] if shown else None)
    expected: list[tuple[str, int]] = []
    before = None
    for _, notice in history:
        if notice is None:
            expected.append(("withdrawn", before[1] if before else 0))
        else:
            expected.append(("scheduled" if before is None else "rescheduled", notice[1]))
        before = notice
    assert guest.told == expected
