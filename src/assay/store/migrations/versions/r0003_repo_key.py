"""Repos are found, and unique, in whatever case their names are written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from assay.errors import StoreError

revision = "0003"
down_revision = "0002"

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ALIKE = "SELECT type, lower(owner || '/' || name) FROM repo GROUP BY 1, 2 HAVING count(*) > 1"


def upgrade() -> None:
    """Add the key, made of the names that are there.

    Raises:
        StoreError: two repos differ in case only.
    """
    alike = op.get_bind().exec_driver_sql(_ALIKE).first()
    if alike is not None:
        raise StoreError(
            f"there are two {alike[0]}s named {alike[1]}, in different case",
            hint="Rename one of them with the version of Assay that you had, then start this one.",
        )
    comment = "owner and name, lower case"
    op.add_column("repo", sa.Column("key", NAME, nullable=False, server_default="", comment=comment))
    op.execute("UPDATE repo SET key = lower(owner || '/' || name)")
    op.create_index("ix_repo_type_key", "repo", ["type", "key"], unique=True)
    op.execute("DELETE FROM former_name WHERE owner != lower(owner) OR name != lower(name)")
