# SPDX-License-Identifier: Apache-2.0
"""openstack spot event."""

import json
from threading import Timer

import pytest

from blazar_spot.core.promises import NoticeState
from blazar_spot.testing.store import FakeStore
from tests.unit.api.served import ADMIN, READER, THEIRS, put_incident
from tests.unit.osc.conftest import ShellOf
from tests.unit.osc.shell import Shell


def test_what_is_coming_is_listed(store: FakeStore, shell: Shell) -> None:
    put_incident(store, "a")
    put_incident(store, "b", state=NoticeState.WITHDRAWN)
    (row,) = shell.read("spot", "event", "list")
    assert row == {
        "ID": "notice-a",
        "Instance": "Größe a",
        "State": "scheduled",
        "Not Before": "2027-01-15T08:15:00Z",
        "Ready": False,
    }


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--all"], ["notice-a", "notice-b"]),
        (["--state", "withdrawn"], ["notice-b"]),
        (["--state", "withdrawn", "--state", "scheduled"], ["notice-a", "notice-b"]),
        (["--flavor", "another"], []),
        (["--all", "--limit", "1"], ["notice-a"]),
        (["--limit", "0"], []),
    ],
)
def test_the_list_is_narrowed_and_widened(store: FakeStore, shell: Shell, words: list[str], found: list[str]) -> None:
    put_incident(store, "a")
    put_incident(store, "b", state=NoticeState.WITHDRAWN)
    assert [row["ID"] for row in shell.read("spot", "event", "list", *words)] == found


def test_more_columns_are_asked_for(store: FakeStore, shell_of: ShellOf) -> None:
    put_incident(store, "a")
    (row,) = shell_of(ADMIN).read("spot", "event", "list", "--all-projects", "--long")
    assert (row["Project ID"], row["Host"], row["Instance ID"], row["Given At"]) == (
        "ours",
        "gpu-1",
        "instance-a",
        None,
    )


def test_any_field_can_be_a_column(store: FakeStore, shell: Shell) -> None:
    put_incident(store, "a")
    assert shell.type("spot", "event", "list", "-f", "value", "-c", "revision", "-c", "ID") == 0
    assert shell.printed == "1 notice-a\n"


@pytest.mark.parametrize("formatter", ["csv", "json", "table", "value", "yaml"])
def test_every_format_tells_the_deadline(store: FakeStore, shell: Shell, formatter: str) -> None:
    put_incident(store, "a")
    assert shell.type("spot", "event", "list", "-f", formatter) == 0
    assert "2027-01-15T08:15:00Z" in shell.printed
    assert shell.type("spot", "event", "show", "notice-a", "-f", "table" if formatter == "csv" else formatter) == 0
    assert "2027-01-15T08:15:00Z" in shell.printed


@pytest.mark.parametrize("words", ["notice-a", "instance-a", "Größe a"])
def test_an_event_is_found_by_its_id_and_by_its_instance(store: FakeStore, shell: Shell, words: str) -> None:
    put_incident(store, "a")
    put_incident(store, "b")
    assert shell.read("spot", "event", "show", words)["id"] == "notice-a"


def test_an_event_is_acknowledged(store: FakeStore, shell: Shell) -> None:
    put_incident(store, "a")
    assert shell.read("spot", "event", "ack", "Größe a")["state"] == "acknowledged"
    assert shell.read("spot", "event", "ack", "--ready", "notice-a")["is_ready"] is True


def test_a_wait_is_over_when_there_is_news(store: FakeStore, shell: Shell) -> None:
    news = Timer(0.5, put_incident, (store, "a"))
    news.start()
    assert [row["ID"] for row in shell.read("spot", "event", "list", "--wait", "10")] == ["notice-a"]
    news.join()


def test_a_wait_in_vain_ends_with_the_list_as_it_is(shell: Shell) -> None:
    assert shell.read("spot", "event", "list", "--wait", "1s") == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["show", "nothing"], "No event with a name or ID of 'nothing' exists."),
        (["ack", "Größe"], "No event with a name or ID of 'Größe' exists."),
        (["show", "Größe a"], "More than one event exists with the name 'Größe a'."),
        (["list", "--wait", "5", "--all-projects"], "--wait follows the events of one project"),
        (["ack", "notice-over"], "The event is over: it was withdrawn. (HTTP 409)"),
    ],
)
def test_what_cannot_be_done_is_said_and_ends_with_1(
    store: FakeStore, shell: Shell, caplog: pytest.LogCaptureFixture, words: list[str], sentence: str
) -> None:
    put_incident(store, "a")
    put_incident(store, "b", called="Größe a")
    put_incident(store, "over", state=NoticeState.WITHDRAWN)
    assert shell.type("spot", "event", *words) == 1
    assert sentence in caplog.text


def test_another_projects_event_is_not_there(
    store: FakeStore, shell_of: ShellOf, caplog: pytest.LogCaptureFixture
) -> None:
    put_incident(store, "a")
    theirs = shell_of(THEIRS)
    assert theirs.read("spot", "event", "list") == []
    assert theirs.type("spot", "event", "show", "notice-a") == 1
    assert "No event with a name or ID of 'notice-a' exists." in caplog.text


def test_what_is_not_allowed_is_said(store: FakeStore, shell_of: ShellOf, caplog: pytest.LogCaptureFixture) -> None:
    put_incident(store, "a")
    assert shell_of(READER).type("spot", "event", "ack", "notice-a") == 1
    assert shell_of(READER).type("spot", "event", "list", "--all-projects") == 1
    assert caplog.text.count("(HTTP 403)") == 2


@pytest.mark.parametrize(
    "words", [["list", "--state", "gone"], ["list", "--wait", "soon"], ["show"], ["ack", "a", "b"]]
)
def test_words_that_mean_nothing_end_with_2(shell: Shell, words: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        shell.type("spot", "event", *words)
    assert end.value.code == 2


def test_commands_are_completed(shell: Shell) -> None:
    assert shell.type("complete") == 0
    printed = json.dumps(shell.printed)
    assert "event" in printed
    assert "--all-projects" in printed
