# SPDX-License-Identifier: Apache-2.0
"""The commands of a page of the documentation, and what it says that they print.

What stands after ``$`` in a block for consoles is a command, and what follows up to the next one it prints. There
``...`` stands for anything, and how wide a table is does not count.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^\.\. code-block:: console\n\n((?:(?:   .*)?\n)+)", re.MULTILINE)
_PROMPT = "   $ "


@dataclass(frozen=True)
class Step:
    """One command, and the lines that it prints; none if the page does not say."""

    command: str
    lines: tuple[str, ...]

    def is_told_by(self, printed: str) -> bool:
        """Whether the page tells what was printed."""
        found = [_plain(line) for line in printed.splitlines()]
        wanted = [re.escape(_plain(line)).replace(r"\.\.\.", ".*") for line in self.lines]
        if not wanted:
            return True
        return len(found) == len(wanted) and all(map(re.fullmatch, wanted, found))


def steps(page: Path) -> Iterator[Step]:
    """All of a page, in its order."""
    for block in _BLOCK.findall(page.read_text()):
        for text in block.split(_PROMPT)[1:]:
            command, *lines = text.rstrip().splitlines()
            yield Step(command, tuple(line.strip() for line in lines if line.strip()))


def _plain(line: str) -> str:
    """Without what only makes a table wide."""
    return re.sub(r"-+", "-", " ".join(line.split())) if line.startswith("+") else " ".join(line.split())
