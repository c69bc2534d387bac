# SPDX-License-Identifier: Apache-2.0
"""What the demo draws and prints, at moments that were recorded."""

import io

import pytest
from rich.console import Console

from blazar_spot.demo.lines import Lines
from blazar_spot.demo.record import Record
from blazar_spot.demo.screen import draw
from blazar_spot.demo.sights import Deleted, Guest, Lease, Mark, Notice, Picture, Remark, Sight
from blazar_spot.demo.summary import summary
from blazar_spot.demo.verdict import promises

START = 36_000
LEASE = Lease(id="l1", reservation_id="r1", status="PENDING", start_at=START)
SPOT = Guest(
    id="s1",
    name="spot-1",
    is_spot=True,
    status="ACTIVE",
    host="host01",
    launched_at=START - 90,
    notice=Notice(START - 34, START - 11),
)
SIGHTS: list[Sight] = [
    Picture(at=START - 33, host="host01", gpus=8, is_closed=True, serves=("freepool",), guests=(SPOT,), lease=LEASE),
    Remark(START - 32, "demo", "tries [one] more", Mark.MOVED_IN),
]


def recorded() -> Record:
    record = Record()
    for sight in SIGHTS:
        record.take(sight)
    return record


def shown(*parts: object) -> str:
    console = Console(file=io.StringIO(), width=118)
    console.print(*parts)
    text = console.file
    assert isinstance(text, io.StringIO)
    return text.getvalue()


def test_the_drawing_counts_down_to_what_the_guest_reads() -> None:
    text = shown(draw(recorded(), "blazar_spot", START - 31, 24))
    assert "ends at 09:59:49, in 20 s" in text
    assert "starts at 10:00:00, in 31 s" in text
    assert "■ □ □ □ □ □ □ □  in freepool, spot pool closed" in text
    assert "09:59:29 UTC" in text


def test_the_drawing_begins_before_anything_was_seen() -> None:
    assert "blazar_spot" in shown(draw(Record(), "blazar_spot", START, 24))


@pytest.mark.parametrize("height", [20, 24, 50])
def test_the_drawing_fits_the_terminal(height: int) -> None:
    record = recorded()
    for second in range(30):
        record.take(Remark(START - 30 + second, "demo", "says something"))
    assert len(shown(draw(record, "blazar_spot", START, height)).splitlines()) <= height


def test_lines_are_said_once_and_as_they_are() -> None:
    out = io.StringIO()
    lines, record = Lines(Console(file=out, width=80)), Record()
    with lines.open(record):
        for sight in [*SIGHTS, SIGHTS[0]]:
            lines.show(record.take(sight))
    assert out.getvalue().splitlines() == [
        "09:59:27Z  engine     closes the spot pool of host01",
        "09:59:27Z  spot-1     reads in its metadata that it ends at 09:59:49, in 22 s",
        "09:59:27Z  blazar     the lease is PENDING",
        "09:59:28Z  demo       tries [one] more",
    ]


def test_the_table_at_the_end_tells_instants_from_the_start_and_each_promise() -> None:
    record = recorded()
    record.take(Deleted("s1", START - 12))
    record.marks[Mark.STARTED] = START
    text = shown(summary(record, promises(record)))
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if "│" in line]
    assert ["the pool is closed", "09:59:27", "-33 s"] in rows
    assert ["nobody goes before the deadline", "NO", "-1 s"] in rows
    assert ["exactly one notice to each spot instance", "yes", "1"] in rows
    assert ["the lease is ACTIVE", "NO", "never"] in rows
