"""The first tables: repos, git objects, commits, refs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _objects()
    _repos()
    op.create_table(
        "last_change",
        sa.Column("oid", sa.LargeBinary(), nullable=False, comment="the commit"),
        sa.Column("folder", NAME, nullable=False, comment="one that this commit changed; empty for the top"),
        sa.Column(
            "changed", sa.LargeBinary(), nullable=False, comment="zlib of 20 bytes per entry: who changed it last"
        ),
        sa.PrimaryKeyConstraint("oid", "folder", name="pk_last_change"),
        sa.ForeignKeyConstraint(["oid"], ["git_object.oid"], name="fk_last_change_oid", ondelete="CASCADE"),
        comment="Follows from the commits; see docs/reference/store-git.md",
    )


def _objects() -> None:
    op.create_table(
        "git_object",
        sa.Column("oid", sa.LargeBinary(), nullable=False, comment="SHA-1 as git computes it"),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes of data"),
        sa.Column(
            "sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="of data; two contents under one oid are refused by it",
        ),
        sa.Column("lfs_sha256", sa.LargeBinary(), comment="what the blob points to, where it is an LFS pointer"),
        sa.Column("lfs_size", sa.BigInteger(), comment="bytes of what it points to"),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("oid", name="pk_git_object"),
        sa.CheckConstraint("kind IN ('blob', 'tree', 'commit')", name="ck_git_object_kind"),
        comment="Immutable content, shared by all repos; what a repo may see is decided by its commits",
    )
    op.create_index("ix_git_object_lfs_sha256", "git_object", ["lfs_sha256"])


def _repos() -> None:
    op.create_table(
        "repo",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("type", NAME, nullable=False),
        sa.Column("owner", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False, comment="seconds since 1970"),
        sa.PrimaryKeyConstraint("id", name="pk_repo"),
        sa.UniqueConstraint("type", "owner", "name", name="uq_repo_type_owner_name"),
        sa.CheckConstraint("type IN ('model', 'dataset', 'space')", name="ck_repo_type"),
    )
    op.create_table(
        "git_commit",
        sa.Column("repo_id", NUMBER, nullable=False),
        sa.Column("oid", sa.LargeBinary(), nullable=False),
        sa.Column("parent", sa.LargeBinary(), comment="the first one; null for a root"),
        sa.Column("tree", sa.LargeBinary(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False, comment="how many the tree holds"),
        sa.Column("author", NAME, nullable=False),
        sa.Column("email", NAME, nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False, comment="seconds since 1970, as the author says"),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("repo_id", "oid", name="pk_git_commit"),
        sa.ForeignKeyConstraint(["repo_id"], ["repo.id"], name="fk_git_commit_repo_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["oid"], ["git_object.oid"], name="fk_git_commit_oid"),
        comment="Which commits a repo has, with what lists of them show",
    )
    op.create_index("ix_git_commit_oid", "git_commit", ["oid"])
    op.create_table(
        "ref",
        sa.Column("repo_id", NUMBER, nullable=False),
        sa.Column("name", NAME, nullable=False, comment="in full, such as refs/heads/main"),
        sa.Column("target", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("repo_id", "name", name="pk_ref"),
        sa.ForeignKeyConstraint(
            ["repo_id", "target"],
            ["git_commit.repo_id", "git_commit.oid"],
            name="fk_ref_repo_id_target",
            ondelete="CASCADE",
        ),
        comment="Moved only by compare-and-swap",
    )
