# SPDX-License-Identifier: Apache-2.0
"""What an examination finds: one sentence about one thing, and if something is wrong one about how to put it right.

What is looked at is in ``doctor``.
"""

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How it is."""

    OK = "ok"
    NOTE = "note"
    """Meant so, perhaps; an operator wants to know."""
    BAD = "bad"
    UNKNOWN = "unknown"
    """It could not be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``fix`` is empty only if there is nothing to put right."""

    check: str = ""
    grade: Grade
    found: str
    fix: str = ""

    @property
    def is_wrong(self) -> bool:
        return self.grade in (Grade.BAD, Grade.UNKNOWN)


def ok(found: str) -> Finding:
    return Finding(grade=Grade.OK, found=found)


def note(found: str, fix: str) -> Finding:
    return Finding(grade=Grade.NOTE, found=found, fix=fix)


def bad(found: str, fix: str) -> Finding:
    return Finding(grade=Grade.BAD, found=found, fix=fix)


def unknown(found: str, fix: str) -> Finding:
    return Finding(grade=Grade.UNKNOWN, found=found, fix=fix)


def some(names: list[str], most: int = 5) -> str:
    """The first of these names, and how many more there are."""
    left = len(names) - most
    return ", ".join(names[:most]) + (f" and {left} more" if left > 0 else "")
