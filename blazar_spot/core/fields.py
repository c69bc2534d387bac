# SPDX-License-Identifier: Apache-2.0
"""Taking the fields of a JSON object one by one, each checked; the first that is wrong is named in one sentence.

What the fields mean is for ``snapshot``.
"""

from collections.abc import Mapping
from typing import Any

from blazar_spot.core.errors import Permanent
from blazar_spot.core.model import Size

MISSING = object()
LARGEST = 2**63 - 1


class BadSnapshot(Permanent):
    """The text is no snapshot; the sentence names the field."""

    code = "bad_snapshot"


class Fields:
    """The fields of one JSON object, each checked as it is taken."""

    def __init__(self, where: str, value: object, known: frozenset[str] | None = None) -> None:
        if not isinstance(value, dict):
            raise BadSnapshot(f"{where or 'The snapshot'} must be an object.")
        self.where = where
        self.value = value
        if known is not None and not value.keys() <= known:
            raise BadSnapshot(f"{self.name(min(value.keys() - known))} is not a known field.")

    def name(self, field: str) -> str:
        return f"{self.where}.{field}" if self.where else field

    def refuse(self, field: str, sentence: str) -> BadSnapshot:
        return BadSnapshot(f"{self.name(field)} {sentence}.")

    def take(self, field: str, default: object = MISSING) -> Any:
        value = self.value.get(field, default)
        if value is MISSING:
            raise self.refuse(field, "is missing")
        return value

    def integer(self, field: str, least: int | None = None) -> int:
        return self._checked(field, self.take(field), least)

    def optional_integer(self, field: str, least: int | None = None) -> int | None:
        value = self.take(field, None)
        return None if value is None else self._checked(field, value, least)

    def _checked(self, field: str, value: object, least: int | None) -> int:
        if type(value) is not int:
            raise self.refuse(field, "must be a whole number")
        if least is not None and value < least:
            raise self.refuse(field, f"must be at least {least}")
        if abs(value) > LARGEST:
            raise self.refuse(field, f"must not be beyond {LARGEST}")
        return value

    def string(self, field: str) -> str:
        value = self.take(field)
        if not isinstance(value, str) or not value:
            raise self.refuse(field, "must be a string that is not empty")
        return value

    def size(self, field: str, default: object = MISSING) -> Size:
        value = self.take(field, default)
        if not isinstance(value, dict):
            raise self.refuse(field, "must be an object of whole numbers")
        for resource, amount in value.items():
            if type(amount) is not int or not 0 <= amount <= LARGEST:
                raise self.refuse(f"{field}.{resource}", f"must be a whole number from 0 to {LARGEST}")
        return value

    def props(self, field: str) -> Mapping[str, str]:
        value = self.take(field, {})
        if not isinstance(value, dict):
            raise self.refuse(field, "must be an object of strings")
        for name, text in value.items():
            if not isinstance(text, str):
                raise self.refuse(f"{field}.{name}", "must be a string")
        return value
