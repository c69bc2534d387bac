# SPDX-License-Identifier: Apache-2.0
"""Raising a number by one, or to one if there is none yet, in a single statement of each database's own.

Nothing is read before it is written, so whoever does it at the same time waits, and counts as well.
"""

from sqlalchemy import Insert, text
from sqlalchemy.dialects import mysql, postgresql, sqlite

from blazar_spot.db.tables import documents

_ONE_MORE = {"version": documents.c.version + text("1")}  # no parameter: PyMySQL cannot send one there
_OF_MYSQL: Insert = mysql.insert(documents).on_duplicate_key_update(_ONE_MORE)

COUNT: dict[str, Insert] = {
    "sqlite": sqlite.insert(documents).on_conflict_do_update(index_elements=[documents.c.id], set_=_ONE_MORE),
    "postgresql": postgresql.insert(documents).on_conflict_do_update(index_elements=[documents.c.id], set_=_ONE_MORE),
    "mysql": _OF_MYSQL,
    "mariadb": _OF_MYSQL,
}
"""By the name of the dialect."""
