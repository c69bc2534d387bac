# SPDX-License-Identifier: Apache-2.0
"""How ``FakeCloud`` is asked: each call of a port can be made to fail, and each change is remembered.

So a test can say "nothing was written" or "nothing but spot was deleted". What the calls do is in ``nova`` and
``placement``.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from blazar_spot.core.errors import NotFound, SpotError
from blazar_spot.ports.clock import Clock
from blazar_spot.testing.things import FakeHost
from blazar_spot.testing.world import World


class Write(NamedTuple):
    """One change that was asked of the cloud: when, which method of which port, of what, and how."""

    at: int
    operation: str
    target: str
    details: object = None


@dataclass(slots=True)
class _Fault:
    error: SpotError
    times: int | None
    is_answer_lost: bool


class Asked(World):
    """A world that is asked through ports, one call at a time."""

    def __init__(self, clock: Clock, *, freepool: str = "freepool") -> None:
        super().__init__(clock, freepool=freepool)
        self.writes: list[Write] = []
        self.calls: Counter[str] = Counter()
        self._faults: dict[str, _Fault] = {}

    def fails(self, operation: str, error: SpotError, *, times: int | None = 1, is_answer_lost: bool = False) -> None:
        """Let the next calls of a port's method fail, all of them if ``times`` is None.

        With ``is_answer_lost`` the call has its effect and only then fails, as when a connection breaks.
        """
        self._faults[operation] = _Fault(error, times, is_answer_lost)

    def is_failing(self, operation: str) -> bool:
        """Whether the next call of this method fails."""
        return operation in self._faults

    def heals(self, operation: str) -> None:
        """Let a method work again."""
        self._faults.pop(operation, None)

    @contextmanager
    def _call(self, operation: str) -> Iterator[None]:
        """One call of a port: time's effects first, then the fault that was asked for, or the call itself."""
        with self.lock:
            self.settle()
            self.calls[operation] += 1
            fault = self._next_fault(operation)
            if fault and not fault.is_answer_lost:
                raise fault.error
            yield
            if fault:
                raise fault.error

    def _next_fault(self, operation: str) -> _Fault | None:
        fault = self._faults.get(operation)
        if fault and fault.times is not None:
            fault.times -= 1
            if fault.times == 0:
                self.heals(operation)
        return fault

    def _wrote(self, operation: str, target: str, details: object = None) -> None:
        self.writes.append(Write(self.clock.now(), operation, target, details))

    def _host(self, name: str) -> FakeHost:
        if name not in self.hosts:
            raise NotFound(f"there is no host {name}")
        return self.hosts[name]
