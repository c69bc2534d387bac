# SPDX-License-Identifier: Apache-2.0
"""The figures of the crowd, for people: the table in the documentation is made from them."""

import pytest

TOLD = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(TOLD, []):
        terminalreporter.write_line(line)
