# SPDX-License-Identifier: Apache-2.0
"""Whose a process is, as the kernel knows it: by its id and start time, its session, its environment.

Only looks, never signals. Next: `processes`, which acts on what is found here.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MARK = "BLAZAR_SPOT_DEVCLOUD"


@dataclass(frozen=True)
class Stat:
    """What the kernel says about a process: its state letter, session, and start in clock ticks."""

    state: str
    session: int
    started: int


def read_stat(pid: int) -> Stat | None:
    """The kernel's word on a process, or None when there is none of this id."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return Stat(state=fields[0], session=int(fields[3]), started=int(fields[19]))


@dataclass(frozen=True)
class Identity:
    """A process that cannot be mistaken for a later one with the same id."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> "Identity":
        stat = read_stat(pid)
        return cls(pid, stat.started if stat else 0)

    def is_alive(self) -> bool:
        stat = read_stat(self.pid)
        return stat is not None and stat.started == self.started and stat.state not in "ZX"

    def is_replaced(self) -> bool:
        """Whether the id now belongs to somebody else."""
        stat = read_stat(self.pid)
        return stat is not None and stat.started != self.started


def living() -> Iterator[tuple[int, Stat]]:
    """Every process of the machine that is neither dead nor dying."""
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (stat := read_stat(int(entry))) and stat.state not in "ZX":
            yield int(entry), stat


def session_of(leader: Identity) -> list[int]:
    """Living members of the leader's session; a dead leader's id is not given away while they live."""
    if leader.is_replaced():
        return []
    return [pid for pid, stat in living() if stat.session == leader.pid]


def marked(root: Path) -> Iterator[int]:
    """Living processes, but not this one, that carry the mark of the cloud below `root`."""
    mark = f"{MARK}={root}".encode()
    for pid, _ in living():
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            continue
        if pid != os.getpid() and mark in environment.split(b"\0"):
            yield pid
