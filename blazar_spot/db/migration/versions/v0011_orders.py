# SPDX-License-Identifier: Apache-2.0
"""Hosts that operators have closed, and what each notice is given for: until now always because of a reclaim."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TEXT = (
    sa.String(255)
    .with_variant(sa.String(255, "utf8mb4_bin"), "mysql", "mariadb")
    .with_variant(sa.String(255, "C"), "postgresql")
)


def upgrade() -> None:
    op.add_column("notices", sa.Column("purpose", sa.String(16), nullable=False, server_default="reclaim"))
    op.create_table(
        "closures",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
    )
