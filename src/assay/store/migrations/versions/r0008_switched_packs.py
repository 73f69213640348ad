"""Rule packs that are kept, but not judged by for now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the switch; what was there is on."""
    switch = sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true(), comment="the hub judges by it")
    op.add_column("rule_pack", switch)
