# SPDX-License-Identifier: Apache-2.0
"""What ruff is told to refuse, and where: proof that pyproject.toml says what we mean."""

import json
import pathlib
import subprocess
import sys

import pytest

HEADER = '# SPDX-License-Identifier: Apache-2.0\n"""A module."""\n\n'
CLOCKS = [
    "import datetime\n\nnow = datetime.datetime.now(datetime.UTC)\n",
    "import datetime\n\nnow = datetime.datetime.utcnow()\n",
    "import time\n\nnow = time.time()\n",
    "from time import monotonic\n\nnow = monotonic()\n",
    "import time\n\ntime.sleep(1)\n",
]
MOCKS = ["from unittest import mock\n\nfake = mock\n", "from unittest.mock import MagicMock\n\nfake = MagicMock\n"]
SKIPS = [
    'import pytest\n\npytest.skip("later")\n',
    'import pytest\n\npytestmark = pytest.mark.skip(reason="later")\n',
    'import pytest\n\npytestmark = pytest.mark.xfail(reason="later")\n',
]
SILENT_PORT = """
from typing import Protocol


class Clock(Protocol):
    def now(self) -> int: ...
"""


def found(root: pathlib.Path, file: str, source: str) -> set[str]:
    """The codes of what ruff has against this source in that file."""
    program = pathlib.Path(sys.executable).with_name("ruff")
    answer = subprocess.run(
        [program, "check", "--no-cache", "--output-format", "json", "--stdin-filename", file, "-"],
        cwd=root,
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    return {finding["code"] for finding in json.loads(answer.stdout)}


@pytest.mark.parametrize("source", CLOCKS)
@pytest.mark.parametrize("file", ["blazar_spot/core/new.py", "blazar_spot/plugins/new.py", "tests/unit/test_new.py"])
def test_the_machines_time_is_refused(root: pathlib.Path, file: str, source: str) -> None:
    assert "TID251" in found(root, file, HEADER + source)


@pytest.mark.parametrize("source", CLOCKS)
def test_the_machines_time_comes_in_through_the_system_clock(root: pathlib.Path, source: str) -> None:
    assert "TID251" not in found(root, "blazar_spot/adapters/system_clock.py", HEADER + source)


@pytest.mark.parametrize("source", MOCKS + SKIPS)
@pytest.mark.parametrize("file", ["tests/unit/test_new.py", "tests/property/test_new.py"])
def test_mocks_and_skips_are_refused(root: pathlib.Path, file: str, source: str) -> None:
    assert "TID251" in found(root, file, HEADER + source)


def test_a_module_without_a_docstring_is_refused(root: pathlib.Path) -> None:
    assert found(root, "blazar_spot/core/new.py", "ANSWER = 42\n") == {"D100"}


def test_a_port_without_a_contract_is_refused(root: pathlib.Path) -> None:
    assert found(root, "blazar_spot/ports/new.py", HEADER + SILENT_PORT) == {"D101", "D102"}
