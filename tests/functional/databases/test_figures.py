# SPDX-License-Identifier: Apache-2.0
"""On each server: what the database counts for monitoring."""

from tests.contract.figures import FiguresContract


class TestFiguresOfServers(FiguresContract):
    """The fixture ``database`` is a server's."""
