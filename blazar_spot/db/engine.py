# SPDX-License-Identifier: Apache-2.0
"""Connections: oslo.db's engine facade, and what SQLite needs so that two processes can share one file.

Nothing connects before the first transaction, so a process can start while its database is down.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from oslo_db.sqlalchemy import enginefacade
from sqlalchemy import Connection, Engine, event, make_url

from blazar_spot.db.failures import translated

BUSY_TIMEOUT_SECONDS = 30


@enginefacade.transaction_context_provider
class _Context:
    """What oslo.db hangs one transaction on."""


class Database:
    """One database; ``options`` are oslo.db's, by their own names. ``tell`` is called after each statement."""

    def __init__(self, connection: str, tell: Callable[[], None] | None = None, **options: Any) -> None:
        self._facade = enginefacade.transaction_context()
        prepare = partial(_prepare, tell=tell)
        with translated():
            self._facade.configure(connection=_in_all_letters(connection), on_engine_create=[prepare], **options)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        with translated(), self._facade.writer.connection.using(_Context()) as connection:
            yield connection


def _in_all_letters(connection: str) -> str:
    """The connection, on MySQL and MariaDB with all of Unicode, since people name their instances as they like.

    oslo.db would ask for the part of it that these servers call utf8.
    """
    url = make_url(connection)
    if url.get_backend_name() in ("mysql", "mariadb"):
        url = url.update_query_dict({"charset": "utf8mb4"})
    return url.render_as_string(hide_password=False)


def _prepare(engine: Engine, tell: Callable[[], None] | None) -> None:
    if tell is not None:
        event.listen(engine, "after_cursor_execute", lambda *_: tell())
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "before_cursor_execute", _begin_immediately, retval=True)


def _set_up_sqlite(dbapi_connection: Any, _record: Any) -> None:
    """Let readers read while one writes, and let writers wait for each other instead of failing."""
    dbapi_connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000}")
    dbapi_connection.execute("PRAGMA journal_mode = WAL")


def _begin_immediately(
    _connection: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    """Take the write lock at once, where oslo.db sends a plain BEGIN.

    A transaction that has read cannot wait for the lock any more when somebody else has written meanwhile: SQLite
    refuses it, however long the timeout is.
    """
    return ("BEGIN IMMEDIATE" if statement == "BEGIN" else statement), parameters
