# SPDX-License-Identifier: Apache-2.0
"""What was done and what went wrong: evictions, breaches, deeds; the operator's switch; when a reclaim was planned."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = (
    sa.String(255)
    .with_variant(sa.String(255, "utf8mb4_bin"), "mysql", "mariadb")
    .with_variant(sa.String(255, "C"), "postgresql")
)
WORD = sa.String(16)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("reclaims", sa.Column("planned_at", INSTANT))
    op.create_index("claims_by_host", "claims", ["host", "standing"])
    _create(
        "evictions",
        _filled("host", TEXT),
        _filled("asked_at", INSTANT),
        _filled("measure", WORD),
        _filled("tried_at", INSTANT),
        _filled("outcome", WORD),
        sa.Column("gone_at", INSTANT),
    )
    op.create_index("evictions_by_end", "evictions", ["gone_at"])
    _create_record("breaches", "cause", WORD)
    _create_record("deeds", "what", TEXT)
    _create("switches", sa.Column("paused_at", INSTANT), _filled("reason", sa.Text()))


def _create_record(name: str, kind: str, words: sa.types.TypeEngine[Any]) -> None:
    _create(
        name,
        _filled("at", INSTANT),
        _filled(kind, words),
        _filled("reclaim_id", TEXT),
        _filled("host", TEXT),
        _filled("subject", TEXT),
        _filled("details", sa.Text()),
    )
    op.create_index(f"{name}_by_instant", name, ["at"])


def _filled(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _create(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column("id", TEXT, primary_key=True),
        *columns,
        _filled("version", sa.Integer()),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
    )
