# SPDX-License-Identifier: Apache-2.0
"""What a database can say, turned into our errors, once.

A deadlock, a failed certification of a Galera cluster and a duplicate all mean that somebody else was faster: the
transaction was rolled back, and what it wanted has to be decided again.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from oslo_db import exception as oslo
from sqlalchemy import exc as sqlalchemy

from blazar_spot.core.errors import Permanent, StaleVersion, Unreachable


@contextmanager
def translated() -> Iterator[None]:
    """Raise our errors for the database's own; everything else passes."""
    try:
        yield
    except (oslo.DBDuplicateEntry, oslo.DBDeadlock) as error:
        raise StaleVersion(f"Somebody else changed the database at the same time: {first_line(error)}") from error
    except (oslo.DBConnectionError, sqlalchemy.TimeoutError) as error:
        raise Unreachable(f"The database cannot be reached: {first_line(error)}") from error
    except (oslo.DBNonExistentTable, oslo.DBNonExistentDatabase) as error:
        raise Permanent(f"The database has not been set up: {first_line(error)}") from error
    except sqlalchemy.OperationalError as error:
        raise Unreachable(f"The database cannot work now: {first_line(error)}") from error
    except (oslo.DBError, sqlalchemy.SQLAlchemyError, oslo.CantStartEngineError) as error:
        raise Permanent(f"The database does not accept this: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """What the driver said, without the statement and its values."""
    return (str(error).splitlines() or [type(error).__name__])[0]
