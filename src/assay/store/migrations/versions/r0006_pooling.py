"""Evaluations that members ask each other for: requests, runners, leases, and hours given and received."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

DIGEST = sa.LargeBinary()
NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "runner",
        sa.Column("keyid", DIGEST, nullable=False),
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column(
            "operator", NAME, nullable=False, comment="account that answers for it; runners of one vouch for nothing"
        ),
        sa.Column("processor", sa.Text, nullable=False, comment="as its member registered it"),
        sa.Column("created", sa.BigInteger, nullable=False, comment="seconds since 1970"),
        sa.Column("seen", sa.BigInteger, nullable=False, comment="when it last asked for work, in seconds since 1970"),
        sa.Column("faulty", sa.BigInteger, comment="since when it gets no work, because a round found it faulty"),
        sa.PrimaryKeyConstraint("keyid", name="pk_runner"),
        sa.ForeignKeyConstraint(["keyid"], ["public_key.keyid"], name="fk_runner_keyid"),
        sa.ForeignKeyConstraint(["user_id"], ["account.id"], name="fk_runner_user_id", ondelete="CASCADE"),
        comment="Machines of members that run evaluations for others",
    )
    op.create_index("ix_runner_user_id", "runner", ["user_id"])
    op.create_table(
        "evaluation_request",
        sa.Column("id", DIGEST, nullable=False, comment="opens the round"),
        sa.Column("repo_id", NUMBER, nullable=False),
        sa.Column("commit", DIGEST, nullable=False),
        sa.Column("dirhash", DIGEST, nullable=False),
        sa.Column("weights", DIGEST, nullable=False, comment="dirHash over the files that are weights"),
        sa.Column("benchmark", NAME, nullable=False),
        sa.Column("manifest", DIGEST, nullable=False, comment="SHA-256 of the benchmark's manifest"),
        sa.Column("asker", NUMBER, nullable=False),
        sa.Column("asked", sa.BigInteger, nullable=False, comment="seconds since 1970"),
        sa.Column("expected", sa.BigInteger, nullable=False, comment="seconds that one run is expected to take"),
        sa.Column("state", NAME, nullable=False),
        sa.Column("ended", sa.BigInteger, comment="seconds since 1970"),
        sa.Column("note", sa.Text, comment="why it ended as it did"),
        sa.PrimaryKeyConstraint("id", name="pk_evaluation_request"),
        sa.ForeignKeyConstraint(["repo_id"], ["repo.id"], name="fk_evaluation_request_repo_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["asker"], ["account.id"], name="fk_evaluation_request_asker", ondelete="CASCADE"),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'agreed', 'disputed', 'unconfirmed', 'withdrawn', 'failed')",
            name="ck_evaluation_request_state",
        ),
        comment="Evaluations that members asked others for",
    )
    op.create_index("ix_evaluation_request_state_asked", "evaluation_request", ["state", "asked"])
    op.create_index("ix_evaluation_request_repo_id", "evaluation_request", ["repo_id"])
    op.create_table(
        "evaluation_lease",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("request", DIGEST, nullable=False),
        sa.Column("part", NAME, nullable=False),
        sa.Column("keyid", DIGEST, nullable=False),
        sa.Column(
            "fence", sa.BigInteger, nullable=False, comment="grows with each lease that is signed for the request"
        ),
        sa.Column("state", NAME, nullable=False),
        sa.Column(
            "until", sa.BigInteger, nullable=False, comment="when what is due next must be there, in seconds since 1970"
        ),
        sa.Column("taken", sa.BigInteger, comment="seconds since 1970"),
        sa.Column("committed", sa.BigInteger, comment="seconds since 1970"),
        sa.Column("statement", DIGEST, comment="the envelope of the lease, the newest one"),
        sa.Column("commitment", DIGEST, comment="its envelope"),
        sa.Column("sent", sa.LargeBinary, comment="zlib of JSON: what was revealed, kept back until the round is over"),
        sa.Column("log", sa.LargeBinary, comment="zlib of the sample log, kept back likewise"),
        sa.Column("result", DIGEST, comment="its envelope, once it is public"),
        sa.Column("note", sa.Text, comment="why it was lost"),
        sa.PrimaryKeyConstraint("id", name="pk_evaluation_lease"),
        sa.ForeignKeyConstraint(
            ["request"], ["evaluation_request.id"], name="fk_evaluation_lease_request", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["keyid"], ["runner.keyid"], name="fk_evaluation_lease_keyid", ondelete="CASCADE"),
        sa.CheckConstraint("part IN ('run', 'rerun', 'settle')", name="ck_evaluation_lease_part"),
        sa.CheckConstraint(
            "state IN ('offered', 'held', 'committed', 'revealed', 'public', 'lost')", name="ck_evaluation_lease_state"
        ),
        comment="Parts of evaluations, each given to one runner",
    )
    op.create_index("ix_evaluation_lease_request", "evaluation_lease", ["request"])
    op.create_index("ix_evaluation_lease_keyid_state", "evaluation_lease", ["keyid", "state"])
    op.create_table(
        "ledger_entry",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("lease", NUMBER, nullable=False, comment="it may be gone with its repo; the hours stay"),
        sa.Column("benchmark", NAME, nullable=False),
        sa.Column("giver", NUMBER, nullable=False),
        sa.Column("receiver", NUMBER, nullable=False),
        sa.Column("seconds", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False, comment="seconds since 1970"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entry"),
        sa.ForeignKeyConstraint(["giver"], ["account.id"], name="fk_ledger_entry_giver", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["receiver"], ["account.id"], name="fk_ledger_entry_receiver", ondelete="CASCADE"),
        sa.UniqueConstraint("lease", name="uq_ledger_entry_lease"),
        comment="Compute given and received; balances are computed, never stored",
    )
    op.create_index("ix_ledger_entry_benchmark", "ledger_entry", ["benchmark"])
