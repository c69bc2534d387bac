# SPDX-License-Identifier: Apache-2.0
"""The codes of errors: those that can be answered are those that are described, and nobody changes one by mistake."""

from collections.abc import Iterator
from pathlib import Path

from blazar_spot.api import document
from blazar_spot.api.errors import CODES, STATUSES
from blazar_spot.core.errors import SpotError, Temporary

ROOT = Path(__file__).parents[3]
DESCRIBED = document.service().content["components"]["schemas"]["Error"]["properties"]["error"]["properties"]["code"]


def family(kind: type[SpotError]) -> Iterator[type[SpotError]]:
    """The error and those that are special cases of it."""
    yield kind
    for special in kind.__subclasses__():
        yield from family(special)


def test_the_codes_that_can_be_answered_are_those_that_are_described() -> None:
    answered = {one.code for kind in (*STATUSES, Temporary) for one in family(kind)}
    assert set(DESCRIBED["enum"]) == answered | {*CODES.values(), "internal"}


def test_the_documentation_tells_each_of_them() -> None:
    told = (ROOT / "doc/source/api.rst").read_text()
    assert [code for code in DESCRIBED["enum"] if f"``{code}``" not in told] == []
