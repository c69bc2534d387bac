# SPDX-License-Identifier: Apache-2.0
"""Bringing a database up to date, with alembic.

A change of ``tables`` needs a new module in ``versions`` that makes the same change to a database that is in use, and
a test shows that both ways lead to the same schema.
"""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from blazar_spot.db.engine import Database

VERSION_TABLE = "blazar_spot_version"
"""Of our own name, so that our tables may live in the same database as somebody else's."""


def sync(database: Database, to: str = "head") -> None:
    """Bring the schema to this version, the newest if none is named; doing it again changes nothing."""
    config = _config()
    with database.transaction() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def version(database: Database) -> str | None:
    """The version the database is at, None before the first ``sync``."""
    with database.transaction() as connection:
        return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def newest() -> str | None:
    """The version that this code needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "blazar_spot.db:migration")
    return config
