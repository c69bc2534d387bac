# SPDX-License-Identifier: Apache-2.0
"""A cloud and a database that announce the moment before and after each of their effects.

What happens then is a test's business: the process is killed, or another engine takes its turn.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from blazar_spot.core.fences import Fence
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.pool import Sight
from blazar_spot.testing.cloud import FakeCloud
from blazar_spot.testing.store import FakeStore, FakeWork


class Fuse:
    """Counts the places at which a process can be interrupted, and interrupts it at one of them."""

    def __init__(self, blow: Callable[[], None]) -> None:
        self.burnt = 0
        self.blows_at = 0
        self._blow = blow
        self._lock = threading.Lock()

    def burn(self) -> None:
        with self._lock:
            self.burnt += 1
            is_due = self.burnt == self.blows_at
        if is_due:
            self._blow()


class FragileCloud(FakeCloud):
    """Every change can be interrupted before it is made, and before its answer is heard."""

    def __init__(self, clock: Clock, fuse: Fuse) -> None:
        super().__init__(clock)
        self._fuse = fuse

    @contextmanager
    def _cut(self) -> Iterator[None]:
        self._fuse.burn()
        yield
        self._fuse.burn()

    def close(self, host: str) -> None:
        with self._cut():
            super().close(host)

    def keep(self, host: str, fence: Fence, seen: Sight | None) -> bool:
        with self._cut():
            return super().keep(host, fence, seen)

    def withhold(self, host: str, fence: Fence) -> bool:
        with self._cut():
            return super().withhold(host, fence)

    def write_metadata(self, server_id: str, entries: Mapping[str, str]) -> None:
        with self._cut():
            super().write_metadata(server_id, entries)

    def remove_metadata(self, server_id: str, keys: Iterable[str]) -> None:
        with self._cut():
            super().remove_metadata(server_id, keys)

    def delete(self, server_id: str, *, force: bool) -> None:
        with self._cut():
            super().delete(server_id, force=force)

    def confirm_move(self, server_id: str) -> None:
        with self._cut():
            super().confirm_move(server_id)

    def reset_state(self, server_id: str) -> None:
        with self._cut():
            super().reset_state(server_id)


class FragileStore(FakeStore):
    """Every unit of work that writes can be interrupted before and after its commit."""

    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self._fuse = fuse

    @contextmanager
    def begin(self) -> Iterator[FakeWork]:
        with super().begin() as work:
            yield work
            if work.writes:
                self._fuse.burn()
        if work.writes:
            self._fuse.burn()
