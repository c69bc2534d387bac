# SPDX-License-Identifier: Apache-2.0
"""The story as plain lines, one for each thing that happens: for logs, pipes and people who like to read.

Next: `screen`, the same story drawn.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console

from blazar_spot.demo.record import Record
from blazar_spot.demo.sights import Remark, clock_time


class Lines:
    """Prints what is new."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def open(self, record: Record) -> Iterator[None]:
        """Nothing has to be set up for printing."""
        yield

    def show(self, news: Iterable[Remark]) -> None:
        for remark in news:
            line = f"{clock_time(remark.at)}Z  {remark.who:10} {remark.text}"
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)
