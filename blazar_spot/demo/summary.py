# SPDX-License-Identifier: Apache-2.0
"""What is told at the end: one table of what happened when, and which promises were kept."""

from rich import box
from rich.table import Table

from blazar_spot.demo.record import Record
from blazar_spot.demo.sights import Mark, clock_time
from blazar_spot.demo.verdict import Promise


def summary(record: Record, judged: list[Promise]) -> Table:
    """When what happened, counted from the lease's start, and what became of the promises."""
    table = Table(box=box.ROUNDED)
    table.add_column("what")
    table.add_column("when, UTC", no_wrap=True)
    table.add_column("seen from the start", justify="right")
    start = record.marks.get(Mark.STARTED)
    for mark in Mark:
        at = record.marks.get(mark)
        when = "-" if at is None else clock_time(at)
        table.add_row(mark, when, "" if at is None or start is None else f"{at - start:+.0f} s")
    table.add_section()
    for promise in judged:
        answer = "[green]yes[/green]" if promise.is_kept else "[bold red]NO[/bold red]"
        table.add_row(promise.text, answer, promise.detail)
    return table
