# SPDX-License-Identifier: Apache-2.0
"""What an instance's flavor says of its minimum uptime and its notice. Of what is there nothing is known yet."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("instances", sa.Column("min_uptime", sa.Integer()))
    op.add_column("instances", sa.Column("notice", sa.Integer()))
