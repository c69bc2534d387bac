# SPDX-License-Identifier: Apache-2.0
"""spot-watch as a process: which hooks it runs when, what it remembers, what it says to the API and to its user."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from blazar_spot.core.instants import iso
from blazar_spot.devcloud.waiting import wait_until
from tests.unit.guest.cloud import GuestsCloud
from tests.unit.guest.conftest import PATIENCE_SECONDS, Guest


def event_id(cloud: GuestsCloud) -> str:
    return cloud.store.notices[0].id


def alive_in(group: int) -> list[str]:
    """The processes of the group that still run; some have nobody who waits for their end."""
    command = ["ps", "-e", "-o", "pgid=,stat=,args="]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found = [line.split(None, 2) for line in lines]
    return [words[-1] for words in found if int(words[0]) == group and not words[1].startswith("Z")]


def test_without_a_notice_nothing_is_run(guest: Guest) -> None:
    guest.hook()
    assert guest.run("--once").returncode == 0
    assert guest.told == []


def test_hooks_find_the_facts_in_their_environment(guest: Guest, cloud: GuestsCloud) -> None:
    notice = cloud.schedule()
    event = {"id": "incident", "revision": 7}
    cloud.vendordata["spot"] = cloud.meta | {"event": event}
    guest.hook(say="$(env | grep ^SPOT_ | sort | tr '\\n' ' ')")
    assert guest.run("--once", "--timeout", "90").returncode == 0
    [line] = guest.told
    facts = dict(word.split("=", 1) for word in line.split()[2:])
    assert int(facts.pop("SPOT_SECONDS_LEFT")) in range(880, 901)
    assert facts == {
        "SPOT_NEWS": "scheduled",
        "SPOT_INSTANCE_ID": "instance-a",
        "SPOT_EVENT_ID": "incident",
        "SPOT_REVISION": "7",
        "SPOT_DECIDED_AT": str(notice.decided_at),
        "SPOT_DEADLINE_AT": str(notice.deadline_at),
        "SPOT_DEADLINE": iso(notice.deadline_at),
        "SPOT_TRY": "1",
        "SPOT_TIMEOUT": "90",
    }


def test_hooks_do_not_see_the_credential(guest: Guest, cloud: GuestsCloud) -> None:
    cloud.schedule()
    guest.hook(say="$(env | grep -c ^OS_)")
    guest.run("--once")
    assert guest.told == ["10-drain scheduled 0"]


def test_each_hook_is_run_once_for_each_piece_of_news_whoever_asks_again(guest: Guest, cloud: GuestsCloud) -> None:
    cloud.schedule()
    guest.hook("10-drain", say="")
    guest.hook("20-save", say="")
    assert [guest.run("--once").returncode for _ in range(3)] == [0, 0, 0]
    assert sorted(guest.told) == ["10-drain scheduled ", "20-save scheduled "]
    cloud.change(deadline_at=cloud.clock.now() + 1800)
    assert [guest.run("--once").returncode for _ in range(2)] == [0, 0]
    assert sorted(guest.told[2:]) == ["10-drain rescheduled ", "20-save rescheduled "]


def test_a_hook_that_comes_later_is_told_what_holds_now(guest: Guest, cloud: GuestsCloud) -> None:
    cloud.schedule()
    guest.run("--once")
    guest.hook(say="")
    guest.run("--once")
    assert guest.told == ["10-drain scheduled "]


def test_the_end_is_near_only_once_and_again_when_it_was_put_off(guest: Guest, cloud: GuestsCloud) -> None:
    cloud.schedule(30)
    guest.hook(say="")
    guest.run("--once")
    guest.run("--once")
    assert sorted(guest.told) == ["10-drain imminent ", "10-drain scheduled "]
    cloud.change(deadline_at=cloud.clock.now() + 50)
    guest.run("--once")
    assert sorted(guest.told[2:]) == ["10-drain imminent ", "10-drain rescheduled "]


@pytest.mark.parametrize("name", [".hidden", "drain.bak", "drain~", "drain.dpkg-old", "a b"])
def test_leftovers_are_no_hooks(guest: Guest, cloud: GuestsCloud, name: str) -> None:
    cloud.schedule()
    guest.hook(name)
    guest.hook("plain", say="")
    (guest.hooks / "plain").chmod(0o644)
    (guest.hooks / "folder").mkdir()
    assert guest.run("--once").returncode == 0
    assert guest.told == []


def test_a_hook_that_fails_is_tried_again_and_fails_for_good(guest: Guest, cloud: GuestsCloud) -> None:
    cloud.schedule()
    guest.hook(say="$SPOT_TRY", then="exit 3")
    guest.hook("20-save", say="$SPOT_TRY")
    assert guest.run("--once", "--tries", "2").returncode == 4
    assert sorted(guest.told) == ["10-drain scheduled 1", "10-drain scheduled 2", "20-save scheduled 1"]
    assert guest.said.count("10-drain scheduled: failed with status 3") == 2
    assert guest.run("--once", "--tries", "2").returncode == 4
    assert len(guest.told) == 3


def test_a_hook_that_takes_too_long_is_ended_with_what_it_started(guest: Guest, cloud: GuestsCloud) -> None:
    cloud.schedule()
    guest.hook(say="$$", then="sleep 300 & wait")
    assert guest.run("--once", "--timeout", "0.5", "--tries", "1").returncode == 4
    assert "10-drain scheduled: took longer than 0.5 seconds" in guest.said
    group = int(guest.told[0].split()[-1])
    assert alive_in(group) == []


def test_a_program_that_cannot_be_started_is_a_hook_that_fails(guest: Guest, cloud: GuestsCloud) -> None:
    cloud.schedule()
    guest.hook()
    (guest.hooks / "10-drain").write_text("#!/nowhere/sh\n")
    assert guest.run("--once", "--tries", "1").returncode == 4
    assert "10-drain scheduled: cannot be started: No such file or directory" in guest.said


def test_a_hook_that_takes_the_machine_down_is_not_repeated_without_end(guest: Guest, cloud: GuestsCloud) -> None:
    cloud.schedule()
    guest.hook(say="$SPOT_TRY", then="kill -s KILL $PPID")
    assert [guest.run("--once", "--tries", "2").returncode for _ in range(4)] == [-9, -9, 4, 4]
    assert guest.told == ["10-drain scheduled 1", "10-drain scheduled 2"]


def test_the_disk_of_another_instance_says_nothing_of_this_one(guest: Guest, cloud: GuestsCloud) -> None:
    cloud.schedule()
    guest.hook(say="")
    guest.run("--once")
    state = json.loads(guest.state.read_text())
    guest.state.write_text(json.dumps(state | {"instance_id": "the-one-it-was-copied-from"}))
    guest.run("--once")
    assert guest.told == ["10-drain scheduled "] * 2


def test_hooks_are_run_although_nothing_can_be_written(guest: Guest, cloud: GuestsCloud) -> None:
    cloud.schedule()
    guest.hook(say="")
    guest.state.parent.write_text("a file where the folder should be")
    assert guest.run("--once").returncode == 0
    assert guest.told == ["10-drain scheduled "]
    assert len([line for line in guest.said if "hooks may run again" in line]) == 1


def test_a_metadata_service_that_is_away_is_told_by_the_status(guest: Guest, cloud: GuestsCloud) -> None:
    cloud.is_ill = True
    assert [guest.run(how).returncode for how in ("--once", "--check")] == [3, 3]
    assert guest.said == ["The metadata service answers 503"] * 2


def test_a_notice_is_checked_for_without_running_or_writing_anything(guest: Guest, cloud: GuestsCloud) -> None:
    guest.hook()
    assert guest.run("--check").returncode == 0
    notice = cloud.schedule()
    answer = guest.run("--check")
    assert answer.returncode == 1
    assert f"SPOT_DEADLINE_AT={notice.deadline_at}" in answer.stdout.splitlines()
    assert guest.told == []
    assert not guest.state.exists()


@pytest.mark.parametrize(
    "words", [["--once", "--check"], ["--interval", "0"], ["--timeout", "x"], ["--metadata", "ftp://a"], ["--api", "x"]]
)
def test_wrong_options_are_refused(guest: Guest, words: list[str]) -> None:
    assert guest.run(*words).returncode == 2


def test_the_api_needs_a_credential(guest: Guest, cloud: GuestsCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Guest, "environment", {"PATH": os.environ["PATH"]})
    assert guest.run("--once", "--api", cloud.url).returncode == 2


def test_two_watchers_do_not_share_a_state(guest: Guest) -> None:
    with guest.watching():
        guest.wait_until_said("Watching")
        assert guest.run("--once").returncode == 2
    assert f"Another spot-watch has {guest.state}" in guest.said


def test_a_watcher_that_is_stopped_waits_for_the_hook_that_runs(guest: Guest, cloud: GuestsCloud) -> None:
    cloud.schedule()
    go = guest.record.with_name("go")
    guest.hook(say="begun", then=f"while [ ! -e {go} ]; do sleep 0.05; done; echo ended >>{guest.record}")
    with guest.watching() as process:
        guest.wait_for("10-drain scheduled begun")
        process.send_signal(signal.SIGTERM)
        go.touch()
        assert process.wait(PATIENCE_SECONDS) == 0
    assert guest.told == ["10-drain scheduled begun", "ended"]
    assert guest.run("--once").returncode == 0
    assert len(guest.told) == 2


def test_a_hook_that_hangs_holds_up_neither_the_others_nor_the_last_word(guest: Guest, cloud: GuestsCloud) -> None:
    cloud.schedule(8)
    guest.hook("10-hangs", say="", then='[ "$1" = imminent ] || sleep 300')
    guest.hook("20-save", say="")
    with guest.watching("--imminent", "3") as process:
        guest.wait_for("10-hangs scheduled ", "20-save scheduled ", "10-hangs imminent ", "20-save imminent ")
        process.kill()


def test_news_wait_for_the_hook_that_is_still_with_the_news_before(follower: Guest, cloud: GuestsCloud) -> None:
    cloud.schedule()
    go = follower.record.with_name("go")
    follower.hook(say="", then=f"while [ ! -e {go} ]; do sleep 0.05; done; echo ended $1 >>{follower.record}")
    with follower.watching():
        follower.wait_for("10-drain scheduled ")
        cloud.withdraw()
        follower.wait_until_said("withdrawn")
        assert follower.told == ["10-drain scheduled "]
        go.touch()
        follower.wait_for("10-drain scheduled ", "ended scheduled", "10-drain withdrawn ", "ended withdrawn")
    assert follower.told[1] == "ended scheduled"


def test_an_outage_is_said_once_and_takes_nothing_back(guest: Guest, cloud: GuestsCloud) -> None:
    cloud.schedule(4)
    guest.hook(say="")
    with guest.watching("--imminent", "2"):
        guest.wait_for("10-drain scheduled ")
        cloud.is_ill = True
        guest.wait_for("10-drain scheduled ", "10-drain imminent ")
        asked = len(cloud.asked)
        wait_until(lambda: len(cloud.asked) > asked, "it asks on", at_most=PATIENCE_SECONDS)
        cloud.is_ill = False
        guest.wait_until_said("answers again")
    told = [line for line in guest.said if line.startswith("The metadata service")]
    assert told == ["The metadata service answers 503", "The metadata service answers again"]


def test_what_follows_the_api_hears_of_everything_at_once(follower: Guest, cloud: GuestsCloud) -> None:
    follower.hook(say="")
    with follower.watching():
        wait_until(lambda: any("wait=50" in line for line in cloud.asked), "it waits", at_most=PATIENCE_SECONDS)
        cloud.schedule()
        follower.wait_for("10-drain scheduled ")
        cloud.change(deadline_at=cloud.clock.now() + 1800)
        follower.wait_for("10-drain scheduled ", "10-drain rescheduled ")
        cloud.withdraw()
        follower.wait_for("10-drain scheduled ", "10-drain rescheduled ", "10-drain withdrawn ")
    assert cloud.tokens == 1


def test_it_is_acknowledged_when_all_hooks_have_succeeded(follower: Guest, cloud: GuestsCloud) -> None:
    cloud.schedule()
    follower.hook(say="")
    assert follower.run("--once").returncode == 0
    [notice] = cloud.store.notices
    assert notice.acknowledged_at is not None
    assert notice.ready_at is None
    asked = len(cloud.asked)
    assert follower.run("--once").returncode == 0
    assert not any("/ack" in path for path in cloud.asked[asked:])
    assert follower.told == ["10-drain scheduled "]


def test_the_instance_is_ready_only_if_that_is_wished(follower: Guest, cloud: GuestsCloud) -> None:
    cloud.schedule()
    follower.hook(say="")
    assert follower.run("--once", "--acknowledge", "ready").returncode == 0
    assert cloud.store.notices[0].ready_at is not None


@pytest.mark.parametrize(("then", "words"), [("exit 1", ["--tries", "1"]), ("", ["--acknowledge", "no"]), (None, [])])
def test_nothing_is_acknowledged_of_which_nothing_came(
    follower: Guest, cloud: GuestsCloud, then: str | None, words: list[str]
) -> None:
    cloud.schedule()
    if then is not None:
        follower.hook(then=then)
    follower.run("--once", *words)
    assert cloud.store.notices[0].acknowledged_at is None
    assert not any("/ack" in path for path in cloud.asked)


def test_one_hook_that_fails_keeps_the_others_from_being_the_answer(follower: Guest, cloud: GuestsCloud) -> None:
    cloud.schedule()
    follower.hook("10-drain", then="exit 1")
    follower.hook("20-save")
    follower.run("--once", "--tries", "1")
    assert cloud.store.notices[0].acknowledged_at is None


def test_an_acknowledgement_is_repeated_until_it_is_taken(follower: Guest, cloud: GuestsCloud) -> None:
    cloud.schedule()
    go = follower.record.with_name("go")
    follower.hook(say="", then=f"while [ ! -e {go} ]; do sleep 0.05; done")
    with follower.watching():
        follower.wait_for("10-drain scheduled ")
        cloud.is_ill = True
        go.touch()
        follower.wait_until_said("answers 503 to an acknowledgement")
        cloud.is_ill = False
        wait_until(lambda: cloud.store.notices[0].acknowledged_at is not None, "it is taken", at_most=PATIENCE_SECONDS)
    assert len([line for line in follower.said if "to an acknowledgement" in line]) == 1


def test_what_is_over_is_not_acknowledged_again_and_again(follower: Guest, cloud: GuestsCloud) -> None:
    cloud.schedule()
    follower.hook(say="", then="")
    go = follower.record.with_name("go")
    follower.hook(say="", then=f"[ $1 != scheduled ] || while [ ! -e {go} ]; do sleep 0.05; done")
    with follower.watching():
        follower.wait_for("10-drain scheduled ")
        cloud.withdraw()
        follower.wait_until_said("withdrawn")
        go.touch()
        follower.wait_for("10-drain scheduled ", "10-drain withdrawn ")
    assert not any("/ack" in path for path in cloud.asked)


def test_a_token_that_has_run_out_is_renewed(follower: Guest, cloud: GuestsCloud) -> None:
    follower.hook(say="")
    with follower.watching():
        wait_until(lambda: any("wait=50" in line for line in cloud.asked), "it waits", at_most=PATIENCE_SECONDS)
        cloud.tokens += 1
        cloud.schedule()
        follower.wait_for("10-drain scheduled ")
        wait_until(lambda: cloud.store.notices[0].acknowledged_at is not None, "it is taken", at_most=PATIENCE_SECONDS)


def test_without_the_api_the_metadata_are_read(follower: Guest, cloud: GuestsCloud) -> None:
    cloud.schedule()
    follower.api = "http://127.0.0.1:9"
    follower.hook(say="")
    assert follower.run("--once").returncode == 0
    assert follower.told == ["10-drain scheduled "]
    assert "The API cannot be asked, Keystone cannot be reached: Connection refused" in follower.said


def test_the_state_is_written_whole_or_not_at_all(guest: Guest, cloud: GuestsCloud, spot_watch: Any) -> None:
    cloud.schedule()
    guest.hook(say="")
    guest.run("--once")
    before = guest.state.read_text()
    Path(f"{guest.state}.new").write_text("what a crash has left")
    assert guest.run("--once").returncode == 0
    assert guest.state.read_text() == before
    assert spot_watch.State.parsed(before).news == "scheduled"
