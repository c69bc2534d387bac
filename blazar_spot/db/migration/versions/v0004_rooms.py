# SPDX-License-Identifier: Apache-2.0
"""What a claim asks for of its host, and what an instance holds of it. What is there already claims whole hosts."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("claims", sa.Column("room", sa.Text()))
    op.add_column("instances", sa.Column("size", sa.Text()))
