# SPDX-License-Identifier: Apache-2.0
"""Claims, reclaims, notices and the spot instances that were seen."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
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
    _create(
        "claims",
        _filled("reservation_id", TEXT),
        _filled("lease_id", TEXT),
        _filled("host", TEXT),
        _filled("service_host", TEXT),
        _filled("start_at", INSTANT),
        _filled("end_at", INSTANT),
        _filled("standing", WORD),
        _filled("held_until", INSTANT),
    )
    op.create_index("claims_by_standing", "claims", ["standing", "start_at"])
    op.create_index("claims_by_reservation", "claims", ["reservation_id"])
    _create(
        "reclaims",
        _filled("host", TEXT),
        _filled("state", WORD),
        _filled("fence_at", INSTANT),
        _filled("notice_at", INSTANT),
        _filled("evict_at", INSTANT),
        _filled("start_at", INSTANT),
    )
    op.create_index("reclaims_by_state", "reclaims", ["state", "start_at"])
    _create(
        "notices",
        _filled("instance_id", TEXT),
        _filled("host", TEXT),
        _filled("decided_at", INSTANT),
        _filled("deadline_at", INSTANT),
        sa.Column("given_at", INSTANT),
        _filled("state", WORD),
        _filled("revision", sa.Integer()),
        sa.Column("scheduled_for", TEXT),
    )
    op.create_index("notices_by_state", "notices", ["state", "deadline_at"])
    op.create_index("notices_one_scheduled_an_instance", "notices", ["scheduled_for"], unique=True)
    _create(
        "instances",
        _filled("host", TEXT),
        _filled("project_id", TEXT),
        _filled("name", TEXT),
        _filled("flavor", TEXT),
        _filled("created_at", INSTANT),
        sa.Column("running_since", INSTANT),
        sa.Column("gone_at", INSTANT),
    )
    op.create_index("instances_by_host", "instances", ["gone_at", "host"])


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
