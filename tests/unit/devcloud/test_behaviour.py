# SPDX-License-Identifier: Apache-2.0
"""How long things take, and who may change it when."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from blazar_spot.devcloud.behaviour import Behaviour, changing, linger
from blazar_spot.devcloud.waiting import Stopwatch


def test_one_server_counts_more_than_its_host_and_that_more_than_all() -> None:
    behaviour = Behaviour(delete_seconds=3, delete_by_host={"host01": 10}, delete_by_server={"slow": 60})
    assert behaviour.delete_seconds_for("host02", "any") == 3
    assert behaviour.delete_seconds_for("host01", "any") == 10
    assert behaviour.delete_seconds_for("host01", "slow") == 60


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    behaviour = Behaviour(delete_seconds=1.5, spawn_by_host={"host01": 2})
    behaviour.write(tmp_path / "behaviour.json")
    assert Behaviour.read(tmp_path / "behaviour.json") == behaviour


def test_changes_made_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "behaviour.json"
    Behaviour().write(path)

    def slow_down(server: str) -> None:
        with changing(path) as behaviour:
            behaviour.delete_by_server[server] = 60

    servers = [str(number) for number in range(30)]
    with ThreadPoolExecutor(max_workers=8) as threads:
        list(threads.map(slow_down, servers))
    assert sorted(Behaviour.read(path).delete_by_server) == sorted(servers)


def test_a_wait_under_way_ends_when_the_time_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "behaviour.json"
    slow = Behaviour(delete_seconds=3600)
    slow.write(path)
    waiter = threading.Thread(target=lambda: linger(lambda: Behaviour.read(path).delete_seconds), daemon=True)
    waiter.start()
    replace(slow, delete_seconds=0).write(path)
    waiter.join(timeout=20)
    assert not waiter.is_alive()


def test_a_wait_is_as_long_as_it_was_said() -> None:
    watch = Stopwatch()
    linger(lambda: 0.3)
    assert 0.3 <= watch.seconds < 5
