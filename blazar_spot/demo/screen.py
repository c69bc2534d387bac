# SPDX-License-Identifier: Apache-2.0
"""The story drawn live: the host with its GPUs, each guest with its countdown, the lease, and what was said last.

It draws from the record alone, several times a second, so that countdowns run between two sights. Next: `summary`.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from blazar_spot.demo.compressed_time import NOTICE_SECONDS
from blazar_spot.demo.record import Record
from blazar_spot.demo.sights import Guest, Notice, Picture, Remark, clock_time
from blazar_spot.devcloud.stock import FREEPOOL

MOST_REMARKS = 12
OTHER_LINES = 14
"""The height of the drawing without its guests and remarks."""
BAR = 20
_STYLES = {"ACTIVE": "green", "ERROR": "bold red", "BUILD": "yellow", "PENDING": "yellow"}


class Screen:
    """Draws the record."""

    def __init__(self, console: Console, title: str) -> None:
        self._console = console
        self._title = title

    @contextmanager
    def open(self, record: Record) -> Iterator[None]:
        """Draw until the block ends; the last drawing stays."""
        drawn = Live(
            console=self._console,
            get_renderable=lambda: draw(record, self._title, time.time(), self._console.height),
            refresh_per_second=4,
            vertical_overflow="crop",
        )
        with drawn:
            yield

    def show(self, news: Iterable[Remark]) -> None:
        """All is drawn from the record, at the drawing's own pace."""


def draw(record: Record, title: str, now: float, height: int) -> RenderableType:
    """The whole picture at ``now``, in as many lines."""
    parts: list[RenderableType] = []
    guests = len(record.picture.guests) if record.picture else 0
    remarks = max(1, min(MOST_REMARKS, height - OTHER_LINES - guests))
    if record.picture:
        parts += [_host(record.picture), _guests(record.picture, now), _lease(record, now)]
    return Panel(
        Group(*parts, _remarks(record, remarks)),
        title=f"{title}  {clock_time(now)} UTC",
        box=box.ROUNDED,
        padding=(1, 2),
    )


def _host(picture: Picture) -> Text:
    here = [guest for guest in picture.guests if guest.host == picture.host]
    cells = [("■ ", _cell(guest)) for guest in here] + [("□ ", "dim")] * (picture.gpus - len(here))
    pool = {None: "no spot pool", False: "spot pool open", True: "spot pool closed"}[picture.is_closed]
    where = " and ".join(_aggregate(name) for name in picture.serves) or "no aggregate"
    style = "bold red" if picture.is_closed else "green"
    return Text.assemble((f"{picture.host}  ", "bold"), *cells, f" in {where}, ", (pool, style))


def _aggregate(name: str) -> str:
    return name if name == FREEPOOL else f"the aggregate of reservation {name[:8]}"


def _cell(guest: Guest) -> str:
    if not guest.is_spot:
        return "blue"
    return "red" if guest.is_going else "yellow" if guest.notice else "green"


def _guests(picture: Picture, now: float) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=True)
    for column in ("instance", "kind", "status", "running", "what the guest reads in its metadata"):
        table.add_column(column, no_wrap=True)
    for guest in picture.guests:
        status = "deleting" if guest.is_going else guest.status
        running = f"{now - guest.launched_at:.0f} s" if guest.launched_at else ""
        kind = "preemptible" if guest.is_spot else "reserved"
        table.add_row(
            guest.name, kind, Text(status, _STYLES.get(status, "red")), running, _countdown(guest.notice, now)
        )
    return table


def _countdown(notice: Notice | None, now: float) -> Text:
    if notice is None:
        return Text("", "dim")
    left = max(0.0, notice.ends_at - now)
    full = min(BAR, round(BAR * left / NOTICE_SECONDS))
    return Text.assemble(
        ("━" * full, "yellow"), ("━" * (BAR - full), "dim"), f" ends at {clock_time(notice.ends_at)}, in {left:.0f} s"
    )


def _lease(record: Record, now: float) -> Text:
    lease = record.lease
    if lease is None:
        return Text("no lease", "dim")
    left = lease.start_at - now
    when = (
        f"starts at {clock_time(lease.start_at)}, in {left:.0f} s"
        if left > 0
        else f"since {clock_time(lease.start_at)}"
    )
    status = lease.status if record.picture and record.picture.lease else "given back"
    return Text.assemble(("lease  ", "bold"), (status, _STYLES.get(status, "dim")), f"  {when}")


def _remarks(record: Record, most: int) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    table.add_row()
    for remark in record.remarks[-most:]:
        table.add_row(clock_time(remark.at), remark.who, Text(remark.text))
    return table
