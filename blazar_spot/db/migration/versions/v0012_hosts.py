# SPDX-License-Identifier: Apache-2.0
"""The hosts that can be reserved, with what the reservation service says of them."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TEXT = (
    sa.String(255)
    .with_variant(sa.String(255, "utf8mb4_bin"), "mysql", "mariadb")
    .with_variant(sa.String(255, "C"), "postgresql")
)


def upgrade() -> None:
    op.create_table(
        "hosts",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("host", TEXT, nullable=False),
        sa.Column("service_host", TEXT, nullable=False),
        sa.Column("cleaning", sa.Integer(), nullable=False),
        sa.Column("properties", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
    )
