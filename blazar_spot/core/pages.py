# SPDX-License-Identifier: Apache-2.0
"""Long lists, read page by page: where a page ended, and what is behind it.

A page goes on from a *mark*, an instant and an id of the last thing on it, and not after so many rows. So whoever reads
on meets nothing twice, whatever came or went meanwhile.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Mark(NamedTuple):
    """Where something stands in a list that is sorted by an instant and an id; 0 where a list has no instants."""

    at: int
    id: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a list, and the mark behind which there are more."""

    found: Sequence[T]
    more_after: Mark | None = None


def page(found: Sequence[T], limit: int, mark: Callable[[T], Mark]) -> Page[T]:
    """The first so many of these, of which one more than that was asked for."""
    return Page(found[:limit], mark(found[limit - 1]) if len(found) > limit else None)
