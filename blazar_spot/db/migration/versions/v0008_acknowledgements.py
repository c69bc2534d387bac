# SPDX-License-Identifier: Apache-2.0
"""What holders say to their notices, and each project's list of notices with how often it has changed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TEXT = (
    sa.String(255)
    .with_variant(sa.String(255, "utf8mb4_bin"), "mysql", "mariadb")
    .with_variant(sa.String(255, "C"), "postgresql")
)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("notices", sa.Column("project_id", TEXT))
    op.add_column("notices", sa.Column("acknowledged_at", INSTANT))
    op.add_column("notices", sa.Column("ready_at", INSTANT))
    _name_projects()
    op.create_index("notices_by_decision", "notices", ["state", "decided_at", "id"])
    op.create_index("notices_by_project", "notices", ["project_id", "state", "decided_at", "id"])
    op.create_index("notices_by_instance", "notices", ["instance_id"])
    op.create_table(
        "documents",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
    )


def _name_projects() -> None:
    """As the ledger knows them; an old notice whose instance is forgotten is nobody's."""
    instances = sa.table("instances", sa.column("id"), sa.column("project_id"))
    notices = sa.table("notices", sa.column("instance_id"), sa.column("project_id"))
    of_instance = sa.select(instances.c.project_id).where(instances.c.id == notices.c.instance_id).scalar_subquery()
    op.execute(sa.update(notices).values(project_id=sa.func.coalesce(of_instance, "")))
