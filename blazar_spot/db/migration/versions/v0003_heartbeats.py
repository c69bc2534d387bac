# SPDX-License-Identifier: Apache-2.0
"""The engines' signs of life."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = (
    sa.String(255)
    .with_variant(sa.String(255, "utf8mb4_bin"), "mysql", "mariadb")
    .with_variant(sa.String(255, "C"), "postgresql")
)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "heartbeats",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("host", TEXT, nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("mode", TEXT, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("beat_at", INSTANT, nullable=False),
        sa.Column("worked_at", INSTANT),
        sa.Column("failing_since", INSTANT),
        sa.Column("version", sa.Integer(), nullable=False),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
    )
