# SPDX-License-Identifier: Apache-2.0
"""How long the fake hypervisors take for things: a small file that may change at any time.

The cloud's owner writes it, each compute reads it, also in the middle of a delete. A time for one server
counts more than one for its host, and that more than the one for all. Next: `driver`.
"""

import fcntl
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from blazar_spot.devcloud.waiting import Stopwatch


@dataclass
class Behaviour:
    """Seconds that things take, by host name or server id where they differ."""

    delete_seconds: float = 3.0
    spawn_seconds: float = 0.0
    delete_by_host: dict[str, float] = field(default_factory=dict)
    delete_by_server: dict[str, float] = field(default_factory=dict)
    spawn_by_host: dict[str, float] = field(default_factory=dict)

    def delete_seconds_for(self, host: str, server: str) -> float:
        return self.delete_by_server.get(server, self.delete_by_host.get(host, self.delete_seconds))

    def spawn_seconds_for(self, host: str) -> float:
        return self.spawn_by_host.get(host, self.spawn_seconds)

    @classmethod
    def read(cls, path: Path) -> "Behaviour":
        return cls(**json.loads(path.read_text()))

    def write(self, path: Path) -> None:
        """Write the file in one move, so that no reader sees half of it."""
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(self), indent=2))
        os.replace(new, path)


@contextmanager
def changing(path: Path) -> Iterator[Behaviour]:
    """The behaviour as it is, to be changed; what became of it is written. One at a time."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        behaviour = Behaviour.read(path)
        yield behaviour
        behaviour.write(path)


def linger(seconds: Callable[[], float]) -> None:
    """Wait for as long as `seconds` says, asking again all the while."""
    watch = Stopwatch()
    while (left := seconds() - watch.seconds) > 0:
        threading.Event().wait(min(left, 0.2))
