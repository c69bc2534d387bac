# SPDX-License-Identifier: Apache-2.0
"""What a database can say, turned into our errors, once.

A deadlock, a failed certification of a Galera cluster and a duplicate all mean that somebody else was faster: the
transaction was rolled back, and what it wanted has to be decided again.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from oslo_db import exception as oslo
from sqlalchemy import exc as sqlalchemy

from blazar_spot.core.errors import Permanent, SpotError, StaleVersion, Unreachable

_OF_THE_DATABASE = (oslo.DBError, oslo.CantStartEngineError, sqlalchemy.SQLAlchemyError)


@contextmanager
def translated() -> Iterator[None]:
    """Raise our errors for the database's own; everything else passes."""
    try:
        yield
    except _OF_THE_DATABASE as error:
        raise _ours(error) from error


def _ours(error: Exception) -> SpotError:
    said = (str(error).splitlines() or [type(error).__name__])[0]
    if isinstance(error, (oslo.DBDuplicateEntry, oslo.DBDeadlock)):
        return StaleVersion(f"Somebody else changed the database at the same time: {said}")
    if isinstance(error, (oslo.DBConnectionError, sqlalchemy.OperationalError, sqlalchemy.TimeoutError)):
        return Unreachable(f"The database cannot be reached: {said}")
    if _is_about_the_schema(error):
        return Permanent(f"The database has another schema than this program; try blazar-spot-manage db sync: {said}")
    return Permanent(f"The database does not accept this: {said}")


def _is_about_the_schema(error: Exception) -> bool:
    """A table or column that is missing; oslo.db does not name it on every database."""
    cause = getattr(error, "inner_exception", error)
    return isinstance(error, oslo.DBNonExistentTable) or isinstance(cause, sqlalchemy.ProgrammingError)
