# SPDX-License-Identifier: Apache-2.0
"""When each engine last heard of a spot instance on the message bus."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Engines of before say nothing of it."""
    op.add_column("heartbeats", sa.Column("heard_at", sa.DateTime(timezone=True)))
