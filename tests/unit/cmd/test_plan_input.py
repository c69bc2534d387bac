# SPDX-License-Identifier: Apache-2.0
"""Whatever ``blazar-spot plan`` is given: an answer, or one sentence and status 2; never a traceback."""

import contextlib
import copy
import io
import json
import tempfile
from collections.abc import Iterator
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from blazar_spot.cmd.plan import main
from tests.unit.core.test_snapshot import good

NUMBERS = st.sampled_from([-1, 0, 1, 1.5, float("inf"), float("nan"), 2**63 - 1, 2**63, -(2**63), 10**30])
WORDS = st.sampled_from(["", "h1", "host", "instance", "gpus", "\ud800", "a\nb\x1b[31m"])
AWKWARD = st.none() | st.booleans() | NUMBERS | WORDS
ANYTHING = AWKWARD | st.recursive(
    AWKWARD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3)
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every object and list in a value, with each of its keys."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


@st.composite
def spoilt(draw: Any) -> str:
    """A good snapshot in which a few things are gone, doubled, or something else."""
    case = good()
    case["request"] |= draw(st.just({}) | st.just({"kind": "host", "count_max": 2}))
    for _ in range(draw(st.integers(1, 3))):
        thing, key = draw(st.sampled_from(list(places(case))))
        match draw(st.sampled_from(["gone", "doubled", "other", "other", "other"])):
            case "gone":
                del thing[key]
            case "doubled" if isinstance(thing, list):
                thing.append(copy.deepcopy(thing[key]))
            case _:
                thing[key] = draw(ANYTHING)
    return json.dumps(case)


def is_answered(content: bytes) -> bool:
    """Whether there was an answer; what is said has the promised form either way."""
    out, err = io.StringIO(), io.StringIO()
    with tempfile.NamedTemporaryFile() as file, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        file.write(content)
        file.flush()
        status = main(["plan", "--explain", file.name])
    if status == 0:
        assert json.loads(out.getvalue())["feasible"] in (True, False)
        return True
    assert (status, out.getvalue()) == (2, "")
    assert err.getvalue().startswith("blazar-spot: ")
    assert err.getvalue().endswith(".\n")
    assert err.getvalue().count("\n") == 1
    assert err.getvalue().isascii()
    return False


@given(spoilt())
def test_a_snapshot_with_something_wrong_in_it(content: str) -> None:
    is_answered(content.encode())


@given(st.data())
def test_a_snapshot_with_broken_bytes_in_it(data: st.DataObject) -> None:
    content = json.dumps(good()).encode()
    first = data.draw(st.integers(0, len(content)))
    last = data.draw(st.integers(first, len(content)))
    is_answered(content[:first] + data.draw(st.binary(max_size=8)) + content[last:])


@given(st.binary(max_size=64))
@example(b"")
@example(b"null")
@example(b"[" * 200_000)
@example(b'{"a":' * 100_000)
@example(b'{"now": ' + b"9" * 5000 + b"}")
@example(json.dumps(good()).encode("utf-16")[:-1])
def test_what_is_no_snapshot_at_all(content: bytes) -> None:
    assert not is_answered(content)
