# SPDX-License-Identifier: Apache-2.0
"""What alembic runs for every command: our tables, on the connection it was given.

SQLite cannot alter most of a table in place, so there alembic builds a new one and moves the rows (batch mode).
"""

from alembic import context

from blazar_spot.db.migration import VERSION_TABLE
from blazar_spot.db.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
