# SPDX-License-Identifier: Apache-2.0
"""Which spot instances are known to have left their hosts. Of those that are gone already nobody knows."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("instances", sa.Column("missed_at", INSTANT))
    op.add_column("instances", sa.Column("left_at", INSTANT))
    op.create_index("instances_by_departure", "instances", ["host", "left_at"])
