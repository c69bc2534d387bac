# SPDX-License-Identifier: Apache-2.0
"""On each server: it dies under a process that holds connections to it, and comes back."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from blazar_spot.core.errors import Permanent, Unreachable
from blazar_spot.db.engine import Database
from blazar_spot.db.store import SqlStore
from tests.contract.store import CLAIM, NOTICE, put
from tests.functional.databases.servers import Server


@contextmanager
def dead(server: Server) -> Iterator[None]:
    """The server is down in this block."""
    server.kill()
    try:
        yield
    finally:
        server.start()


def test_a_dead_server_is_unreachable_and_is_used_again_when_it_is_back(server: Server, store: SqlStore) -> None:
    [claim] = put(store, CLAIM)
    with dead(server):
        for _ in range(3):
            with pytest.raises(Unreachable):
                put(store, NOTICE)
    with store.begin() as work:
        assert work.open_claims() == [claim]
        assert work.open_notices() == []


def test_a_server_that_dies_before_the_commit_leaves_nothing_of_the_unit_of_work(
    server: Server, store: SqlStore
) -> None:
    with pytest.raises(Unreachable), store.begin() as work:
        work.put_claim(CLAIM)
        server.kill()
    server.start()
    with store.begin() as work:
        assert work.open_claims() == []


def test_a_database_without_our_schema_is_told_with_the_command_that_helps(url: str) -> None:
    with pytest.raises(Permanent, match="blazar-spot-manage db sync"):
        put(SqlStore(Database(url)), CLAIM)
