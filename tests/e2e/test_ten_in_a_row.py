# SPDX-License-Identifier: Apache-2.0
"""The whole story again and again on one host, with Blazar's own plugin beside ours, and one table of what happened.

ROUNDS in the environment says how often; it takes about two minutes a round.
"""

import os
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from blazar_spot.demo.cast import Cast, Stage
from blazar_spot.demo.compressed_time import GPUS, options
from blazar_spot.demo.record import Record
from blazar_spot.demo.sights import Mark
from blazar_spot.demo.story import Story
from blazar_spot.demo.verdict import Promise, promises
from blazar_spot.devcloud.cloud import Cloud
from tests.e2e.stages import leave

pytestmark = pytest.mark.nightly

ROUNDS = int(os.environ.get("ROUNDS", "10"))


def play_rounds(state_dir: Path, plugin: str) -> list[Record]:
    """The story in a row, on one cloud with this plugin."""
    cloud = Cloud(state_dir, options(plugin))
    is_done = False
    try:
        cloud.up()
        records = [play(cloud) for _ in range(ROUNDS)]
        is_done = True
    finally:
        cloud.down(keep_logs=not is_done)
    return records


def play(cloud: Cloud) -> Record:
    """One round; the stage is left as it was."""
    cast, record = Cast(cloud, Stage(name="demo", host="host01", gpus=GPUS)), Record()
    for sight in Story(cast).play():
        record.take(sight)
    leave(cast, record)
    return record


def table(plugin: str, records: list[Record]) -> Table:
    """A row for each round: what became of each promise, and the figures behind it."""
    drawn = Table(title=f"{len(records)} rounds with {plugin}")
    drawn.add_column("round", justify="right")
    for promise in promises(records[0]):
        drawn.add_column(promise.text)
    for number, record in enumerate(records, start=1):
        cells = [f"{'yes' if promise.is_kept else 'NO'} {promise.detail}" for promise in promises(record)]
        drawn.add_row(str(number), *cells)
    return drawn


def broken(records: list[Record]) -> list[tuple[int, Promise]]:
    return [
        (number, promise)
        for number, record in enumerate(records, start=1)
        for promise in promises(record)
        if not promise.is_kept
    ]


def show(drawn: Table, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        Console(width=150).print("", drawn)


def test_ours_keeps_every_promise_in_every_round(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = play_rounds(tmp_path / "cloud", "spot")
    show(table("spot.host.plugin", records), capsys)
    assert broken(records) == []
    assert all(Mark.TURNED_AWAY in record.marks for record in records)
    assert all(Mark.CAME_BACK in record.marks for record in records)


def test_upstream_gives_no_notice_in_any_round(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = play_rounds(tmp_path / "cloud", "upstream")
    show(table("physical.host.plugin", records), capsys)
    assert [life.notices for record in records for life in record.tenants()] == [[]] * 4 * ROUNDS
    assert all(life.ended_at is not None for record in records for life in record.tenants())
    assert {record.decided_as for record in records} == {"ERROR"}
