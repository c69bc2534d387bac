# SPDX-License-Identifier: Apache-2.0
"""Whose lease a claim is of and what it is called, and the indices by which people look things up."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TEXT = (
    sa.String(255)
    .with_variant(sa.String(255, "utf8mb4_bin"), "mysql", "mariadb")
    .with_variant(sa.String(255, "C"), "postgresql")
)


def upgrade() -> None:
    """Unknown is the empty word, until the next time that the calendar is published."""
    op.add_column("claims", sa.Column("project_id", TEXT, nullable=False, server_default=""))
    op.add_column("claims", sa.Column("lease_name", TEXT, nullable=False, server_default=""))
    op.create_index("claims_by_lease", "claims", ["lease_id"])
    op.create_index("claims_by_project", "claims", ["project_id", "lease_id"])
    op.create_index("reclaims_by_host", "reclaims", ["host", "state"])
    op.create_index("reclaims_by_start", "reclaims", ["start_at", "id"])
    op.create_index("instances_by_end", "instances", ["gone_at", "id"])
    op.create_index("instances_by_project", "instances", ["project_id", "gone_at", "id"])
    op.create_index("breaches_by_reclaim", "breaches", ["reclaim_id"])
    op.create_index("breaches_by_subject", "breaches", ["subject"])
    op.create_index("deeds_by_reclaim", "deeds", ["reclaim_id"])
    op.create_index("deeds_by_subject", "deeds", ["subject"])
