# SPDX-License-Identifier: Apache-2.0
"""``blazar-spot-manage`` as an operator types it."""

from dataclasses import replace
from pathlib import Path

import pytest

from blazar_spot.adapters.system_clock import SystemClock
from blazar_spot.cmd.administering import DAY
from blazar_spot.cmd.manage import main
from blazar_spot.core.closures import FOREVER
from blazar_spot.core.deliveries import DeliveryState
from blazar_spot.core.promises import NoticeState, Standing
from blazar_spot.core.reclaim import State
from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from blazar_spot.db.store import SqlStore
from tests.contract.store import BREACH, CLAIM, DEED, EVICTION, HEARTBEAT, INSTANCE, NOTICE, RECLAIM, ids, put
from tests.contract.webhook_store import sent

NEWEST = migration.newest()
DRAIN = replace(CLAIM, lease_id="", end_at=FOREVER)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/promises.db"


def configured(folder: Path, url: str) -> list[str]:
    """The arguments that name a file with this database."""
    file = folder / "blazar-spot.conf"
    file.write_text(f"[database]\nconnection = {url}\n")
    return ["--config-file", str(file)]


def test_sync_brings_the_schema_to_the_newest_version(
    tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert main([*configured(tmp_path, url), "db", "sync"]) == 0
        assert capsys.readouterr().out == f"The schema's version is {NEWEST}; the newest is {NEWEST}.\n"
        assert migration.version(Database(url)) == NEWEST


def test_version_tells_and_changes_nothing(tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*configured(tmp_path, url), "db", "version"]) == 0
    assert capsys.readouterr().out == f"The schema's version is none; the newest is {NEWEST}.\n"
    assert migration.version(Database(url)) is None


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("sqlite:////no/such/folder/promises.db", "unable to open database file"),
        ("mysql+pymysql://spot:secret@127.0.0.1:1/spot", "The database cannot be reached"),
        ("postgresql+psycopg2://spot:secret@127.0.0.1:1/spot", "The database cannot be reached"),
        ("nonsense", "Could not parse"),
        ("oracle9://spot@127.0.0.1/spot", "Can't load plugin"),
    ],
)
def test_a_database_that_does_not_do_it_is_told_in_one_line(
    tmp_path: Path, url: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*configured(tmp_path, url), "db", "sync"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("blazar-spot-manage: ")
    assert sentence in line
    assert "secret" not in line


def test_a_missing_configuration_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config-file", str(tmp_path / "missing.conf"), "db", "sync"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "missing.conf" in line


def test_a_configuration_without_a_database_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "empty.conf"
    file.write_text("")
    assert main(["--config-file", str(file), "db", "sync"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "connection in group [database]" in line


@pytest.mark.parametrize("arguments", [[], ["db"], ["db", "destroy"]])
def test_a_wrong_command_ends_with_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def filled(url: str) -> SqlStore:
    """A database with a reclaim that is due, and things that were over long ago."""
    database = Database(url)
    migration.sync(database)
    store = SqlStore(database)
    now = SystemClock().now()
    old = {"start_at": now - 90 * DAY, "end_at": now - 89 * DAY}
    soon = {"notice_at": now - 60, "start_at": now + 900}
    put(
        store,
        replace(CLAIM, id="old", standing=Standing.ENDED, **old),
        replace(RECLAIM, id="old", state=State.HANDED_OVER, start_at=now - 90 * DAY),
        replace(NOTICE, id="old", state=NoticeState.TERMINATED, deadline_at=now - 90 * DAY),
        replace(INSTANCE, id="old", gone_at=now - 90 * DAY),
        replace(EVICTION, id="old", gone_at=now - 90 * DAY),
        replace(DRAIN, id="opened", standing=Standing.WITHDRAWN, start_at=now - 90 * DAY),
        replace(DRAIN, id="opened lately", standing=Standing.WITHDRAWN, start_at=now),
        replace(CLAIM, id="open", standing=Standing.FIRM, **old),
        replace(RECLAIM, id="open", state=State.NOTIFIED, **soon),
        replace(NOTICE, id="open", deadline_at=now - 90 * DAY),
        replace(INSTANCE, id="instance-1", gone_at=now - 90 * DAY),
        replace(EVICTION, id="open"),
    )
    with store.begin() as work:
        for entry in (BREACH, DEED):
            work.add(replace(entry, id="old", at=now - 90 * DAY))
            work.add(replace(entry, id="new", at=now))
            work.add(replace(entry, id="of-reclaim", at=now - 90 * DAY, reclaim_id="open"))
            work.add(replace(entry, id="of-notice", at=now - 90 * DAY, subject=NOTICE.instance_id))
        work.put_deliveries(
            [
                sent(1, state=DeliveryState.DELIVERED, done_at=now - 90 * DAY, expires_at=now),
                sent(2, expires_at=now - 90 * DAY),
                sent(3, state=DeliveryState.DELIVERED, done_at=now, expires_at=now),
                sent(4, expires_at=now + DAY),
            ]
        )
    return store


def test_purge_removes_what_has_been_over_for_so_long_and_nothing_that_is_open(
    tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = filled(url)
    for removed in (10, 0):
        assert main([*configured(tmp_path, url), "db", "purge", "--older-than", "30"]) == 0
        assert capsys.readouterr().out == f"Removed {removed} rows.\n"
    with store.begin() as work:
        assert ids(work.open_claims()) == ids(work.open_reclaims()) == ids(work.open_notices()) == ["open"]
        assert ids(work.instances_by_id(["old", "instance-1"])) == ["instance-1"]
        assert ids(work.evictions_by_id(["old", "open"])) == ["open"]
        assert ids(work.breaches(0)) == ids(work.deeds(0)) == ["of-notice", "of-reclaim", "new"]
        assert {one.message.id for one in work.deliveries("webhook-1", None, None, 10)} == {"m3", "m4"}


@pytest.mark.parametrize("days", ["0", "-1", "all"])
def test_purge_wants_a_number_of_days(tmp_path: Path, url: str, days: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*configured(tmp_path, url), "db", "purge", "--older-than", days])
    assert ended.value.code == 2


def test_evictions_are_paused_and_resumed_and_status_says_what_is_due(
    tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = filled(url)
    engine = [*configured(tmp_path, url), "engine"]
    assert main([*engine, "status"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[:2] == ["Evictions are on.", "No engine has been seen yet."]
    assert out[2].startswith("gpu-1 is notified and needed at ")
    assert main([*engine, "pause", "--reason", "the network is being rebuilt"]) == 0
    assert ": the network is being rebuilt.\n" in capsys.readouterr().out
    with store.begin() as work:
        assert work.switch().paused_at is not None
    assert main([*engine, "resume"]) == 0
    assert capsys.readouterr().out.startswith("Evictions are on.\n")


def test_status_tells_how_each_engine_does(tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    store = filled(url)
    now = SystemClock().now()
    with store.begin() as work:
        work.put_heartbeat(replace(HEARTBEAT, id="a", pid=1, beat_at=now))
        work.put_heartbeat(replace(HEARTBEAT, id="b", pid=2, beat_at=now, failing_since=now - 500))
        work.put_heartbeat(replace(HEARTBEAT, id="c", pid=3, beat_at=now - 4000))
    assert main([*configured(tmp_path, url), "engine", "status"]) == 0
    works, fails, silent = capsys.readouterr().out.splitlines()[1:4]
    assert works.startswith("Engine 1 on ctl-1 (enforce, started ")
    assert "works; its last tick ended " in works
    assert ": nothing has worked since " in fails
    assert "gave no sign of life for 40" in silent
