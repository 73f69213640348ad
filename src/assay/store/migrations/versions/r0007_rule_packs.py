"""Rule packs of members that the hub judges by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

DIGEST = sa.LargeBinary()
NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "rule_pack",
        sa.Column("id", NAME, nullable=False),
        sa.Column("digest", DIGEST, nullable=False, comment="SHA-256 of pack.json"),
        sa.Column("body", sa.LargeBinary, nullable=False, comment="pack.json, byte for byte"),
        sa.Column("envelope", sa.LargeBinary, nullable=False, comment="its signature"),
        sa.Column("keyid", DIGEST, nullable=False, comment="of the key that signed it"),
        sa.Column("measured", sa.Text, nullable=False, comment="precision and recall when it was enabled"),
        sa.Column("since", sa.BigInteger, nullable=False, comment="seconds since 1970"),
        sa.PrimaryKeyConstraint("id", name="pk_rule_pack"),
        comment="Detection of members that the hub judges by",
    )
