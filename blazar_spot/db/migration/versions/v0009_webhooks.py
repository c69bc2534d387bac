# SPDX-License-Identifier: Apache-2.0
"""Webhooks, what they are subscribed to and what they were told; and the tags of instances, which are filtered by."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
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
    op.add_column("instances", sa.Column("tags", sa.Text()))
    _webhooks()
    _subscriptions()
    _deliveries()


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("challenge", sa.Text()),
        sa.Column("verify_until", INSTANT),
        sa.Column("verified_at", INSTANT),
        sa.Column("old_secret", sa.Text()),
        sa.Column("old_secret_until", INSTANT),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", INSTANT),
        sa.Column("version", sa.Integer(), nullable=False),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
    )
    op.create_index("webhooks_by_project", "webhooks", ["project_id"])
    op.create_index("webhooks_by_turn", "webhooks", ["state", "due_at"])


def _subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("webhook_id", TEXT, nullable=False),
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("event_types", sa.Text()),
        sa.Column("flavors", sa.Text()),
        sa.Column("instances", sa.Text()),
        sa.Column("tags", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
    )
    op.create_index("subscriptions_by_webhook", "subscriptions", ["webhook_id"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("webhook_id", TEXT, nullable=False),
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", INSTANT),
        sa.Column("done_at", INSTANT),
        sa.Column("status", sa.Integer()),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
    )
    op.create_index("deliveries_by_turn", "deliveries", ["state", "due_at", "webhook_id"])
    op.create_index("deliveries_by_webhook", "deliveries", ["webhook_id", "written_at"])
    op.create_index("deliveries_by_end", "deliveries", ["done_at"])
